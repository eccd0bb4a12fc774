import type { io, Socket } from "socket.io-client";
import { requireAt } from "../server/require-at.ts";
import { body, FIRST_SEQ } from "../wire/messages.ts";
import type { ClientOrder, Connect } from "./work.ts";

/** Sockets with a connection each. */
export function connectSocketIo({ package: at, port, transport }: ClientOrder): Connect {
  const client = requireAt<{ io: typeof io }>(at);
  return async () => {
    const socket = client.io(`http://127.0.0.1:${port}`, { transports: [transport], forceNew: true });
    await connected(socket);
    let onMessage = (): void => {};
    socket.on("msg", () => onMessage());
    let seq = FIRST_SEQ;
    return {
      echo: (answered) => void socket.emit("echo", body(seq++), answered),
      ask(count, received) {
        onMessage = received;
        socket.emit("room", socket.id, count);
      },
      close: () => void socket.disconnect(),
    };
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
}
