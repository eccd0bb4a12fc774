import type { Server } from "socket.io";
import { body, FIRST_SEQ } from "../wire/messages.ts";

/** The same application for every Socket.IO server: five handlers. */
export function serveApplication(io: Server): void {
  let seq = FIRST_SEQ;
  io.on("connection", (socket) => {
    socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
    socket.on("join", (room: string) => void socket.join(room));
    socket.on("all", (times: number) => {
      for (let at = 0; at < times; at++) io.emit("msg", body(seq++));
    });
    socket.on("room", (room: string, times: number) => {
      for (let at = 0; at < times; at++) io.to(room).emit("msg", body(seq++));
    });
    socket.on("rooms", (count: number) => {
      for (let at = 0; at < count; at++) io.to(`room${at}`).emit("msg", body(seq++));
    });
  });
}
