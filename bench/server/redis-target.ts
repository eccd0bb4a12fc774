import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Server as OurServer } from "socket.io";
import { FIRST_SEQ, body } from "./scenarios.ts";
import { serveRedisFloor, type FloorClient } from "./redis-floor.ts";

/**
 * One of two servers on one Redis. Arguments: ours, upstream or floor; port of Redis. Says its port; answers each message with the
 * CPU time that it has taken so far, in microseconds: user, then system.
 */
const [target, redisPort] = process.argv.slice(2);
const inPeers = createRequire(new URL("../../peers/package.json", import.meta.url));
const inOurs = createRequire(import.meta.url);

interface NodeRedis extends FloorClient {
  connect(): Promise<unknown>;
  duplicate(): NodeRedis;
}
// All get the same client of Redis: that of the scenario in the performance notes.
const { createClient } = inPeers("redis-4") as { createClient: (options: { url: string }) => NodeRedis };
const pubClient = createClient({ url: `redis://127.0.0.1:${redisPort!}` });
const subClient = pubClient.duplicate();
await Promise.all([pubClient.connect(), subClient.connect()]);

const http = createServer();
if (target === "floor") await serveRedisFloor(http, pubClient, subClient);
else serveApplication(http);
http.listen(0, "127.0.0.1", () => process.send!((http.address() as AddressInfo).port));
process.on("message", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send!([userCPUTime, systemCPUTime]);
});
// In order, so that profiles are written.
process.on("disconnect", () => process.exit());

function serveApplication(server: HttpServer): void {
  const { createAdapter } = (
    target === "ours" ? inOurs("socket.io-redis") : inPeers("@socket.io/redis-adapter")
  ) as typeof import("socket.io-redis");
  const { Server } = target === "ours" ? { Server: OurServer } : (inPeers("socket.io") as { Server: typeof OurServer });
  const io = new Server(server, { adapter: createAdapter(pubClient, subClient) });
  let seq = FIRST_SEQ;
  io.on("connection", (socket) => {
    socket.on("all", () => void io.emit("msg", body(seq++)));
  });
}
