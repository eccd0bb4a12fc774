import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Server as OurServer } from "socket.io";
import { FIRST_SEQ, body } from "./scenarios.ts";

/**
 * One of two servers on one Redis. Arguments: ours or upstream, port of Redis. Says its port; answers each message with the CPU
 * time that it has taken so far, in microseconds.
 */
const [target, redisPort] = process.argv.slice(2);
const inPeers = createRequire(new URL("../../peers/package.json", import.meta.url));
const inOurs = createRequire(import.meta.url);

interface Redis {
  duplicate(): Redis;
}
// Both makes get the same client of Redis.
const { Redis } = inPeers("ioredis-5") as { Redis: new (port: number, host: string) => Redis };
const pubClient = new Redis(Number(redisPort), "127.0.0.1");
const { createAdapter } = (
  target === "ours" ? inOurs("socket.io-redis") : inPeers("@socket.io/redis-adapter")
) as typeof import("socket.io-redis");
const { Server } = target === "ours" ? { Server: OurServer } : (inPeers("socket.io") as { Server: typeof OurServer });

const http = createServer();
const io = new Server(http, { adapter: createAdapter(pubClient as never, pubClient.duplicate() as never) });
let seq = FIRST_SEQ;
io.on("connection", (socket) => {
  socket.on("all", () => void io.emit("msg", body(seq++)));
});
http.listen(0, "127.0.0.1", () => process.send!((http.address() as AddressInfo).port));
process.on("message", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send!(userCPUTime + systemCPUTime);
});
// In order, so that profiles are written.
process.on("disconnect", () => process.exit());
