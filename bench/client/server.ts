import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Server as OurServer } from "socket.io";
import { body, FIRST_SEQ } from "../server/scenarios.ts";

/** The server of both clients: upstream's, so that neither is measured against its own. Says its port. */
const peers = createRequire(new URL("../../peers/package.json", import.meta.url));
const { Server } = peers("socket.io") as { Server: typeof OurServer };

const http = createServer();
const io = new Server(http, { serveClient: false });
io.on("connection", (socket) => {
  socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
  socket.on("events", (count: number) => {
    for (let at = 0; at < count; at++) socket.emit("msg", body(FIRST_SEQ + at));
  });
});
http.listen(0, "127.0.0.1", () => process.send!((http.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
