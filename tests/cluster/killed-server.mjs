import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";
import * as adapters from "socket.io-redis";

/* A server without clients in a process of its own, which ends when it is asked to. Tells its id in the cluster. */

const { Redis } = createRequire(new URL("../../peers/package.json", import.meta.url))("ioredis");
const [create, redisPort] = process.argv.slice(2);
const clients = (create === "createStreamsAdapter" ? ["pub"] : ["pub", "sub"]).map(() => {
  const client = new Redis(Number(redisPort), "127.0.0.1");
  client.on("error", () => {});
  return client;
});
const io = new Server(createServer(), { adapter: adapters[create](...clients) });
const { adapter } = io.of("/");
io.on("die", () => process.kill(process.pid, "SIGKILL"));
await adapter.init();
process.send(adapter.uid);
