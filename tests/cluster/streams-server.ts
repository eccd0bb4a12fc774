import { createServer } from "node:http";
import { Server } from "socket.io";
import { createStreamsAdapter } from "socket.io-redis";
import { listen } from "../support/listening.ts";
import { loadRedis } from "./kinds.ts";

/* A server in a process of its own, to be killed. Tells its port. */

const [redisPort, heartbeatInterval] = process.argv.slice(2).map(Number) as [number, number];
const { Redis } = loadRedis("ioredis");
const redis = new Redis(redisPort, "127.0.0.1");
redis.on("error", () => {});
const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  connectionStateRecovery: {},
  adapter: createStreamsAdapter(redis, { heartbeatInterval }),
});
io.on("connection", (socket) => {
  socket.on("join", (room: string, done: () => void) => {
    void socket.join(room);
    done();
  });
  socket.on("data", (data: object, done: () => void) => {
    socket.data = data;
    done();
  });
  socket.on("save", async (data: object, done: () => void) => {
    socket.data = data;
    const adapter = io.of("/").adapter as unknown as { saveSession(id: string): Promise<void> };
    await adapter.saveSession(socket.id);
    done();
  });
});
const port = await listen(http);
await io.of("/").adapter.init();
process.send!(port);
