import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Server as OurServer } from "socket.io";
import { serveFloor } from "./floor.ts";
import { FIRST_SEQ, body } from "./scenarios.ts";

/**
 * One of the servers that are compared, with the same application. Argument: ours, upstream or floor. Says its port; answers
 * each message with the CPU time that it has taken so far, in microseconds.
 */
const [target] = process.argv.slice(2);
const http = createServer();
if (target === "floor") serveFloor(http);
else serveApplication(http, target === "ours" ? OurServer : upstream());
http.listen(0, "127.0.0.1", () => process.send!((http.address() as AddressInfo).port));
process.on("message", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send!(userCPUTime + systemCPUTime);
});
// In order, so that profiles are written.
process.on("disconnect", () => process.exit());

function upstream(): typeof OurServer {
  const peers = createRequire(new URL("../../peers/package.json", import.meta.url));
  return (peers("socket.io") as { Server: typeof OurServer }).Server;
}

function serveApplication(server: HttpServer, Server: typeof OurServer): void {
  const io = new Server(server);
  let seq = FIRST_SEQ;
  io.on("connection", (socket) => {
    socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
    socket.on("join", (room: string) => void socket.join(room));
    socket.on("all", (count: number) => {
      for (let at = 0; at < count; at++) io.emit("msg", body(seq++));
    });
    socket.on("rooms", (count: number) => {
      for (let at = 0; at < count; at++) io.to(`room${at}`).emit("msg", body(seq++));
    });
  });
}
