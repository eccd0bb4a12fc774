// A page: the client alone, without the types of Node.js.
import { io, type Socket } from "socket.io-client";

interface Events {
  picture: (name: string, bytes: ArrayBuffer) => void;
}

export const socket: Socket<Events, Events> = io({ transports: ["polling", "websocket"], auth: { token: "secret" } });
socket.on("picture", (name, bytes) => [name.length, bytes.byteLength]);
export const sent: boolean = socket.emit("picture", "cat", new ArrayBuffer(4));
// @ts-expect-error The event map has no such event.
socket.emit("pictures");
