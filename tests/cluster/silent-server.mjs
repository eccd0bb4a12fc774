import cluster from "node:cluster";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";
import { createAdapter, createSessionBus, setupPrimary } from "socket.io/cluster";
import { createSessionBus as createRedisBus, createStreamsAdapter } from "socket.io-redis";

/*
 * Servers with a port each and the times that they have by default, to be killed or stopped. JavaScript, since it starts many times. They
 * tell their ports.
 *
 *   workers N    a primary of node:cluster, and N workers
 *   streams PORT one server on that Redis
 */
const [mode, value] = process.argv.slice(2);
/** How often a server looks how many there are, in ms. */
const LOOK_MS = 50;

if (mode === "workers" && cluster.isPrimary) {
  setupPrimary();
  cluster.on("message", (_worker, { port }) => port !== undefined && process.send({ port }));
  for (let count = Number(value); count > 0; count--) cluster.fork();
  process.on("disconnect", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGKILL");
    process.exit();
  });
} else if (mode === "workers") {
  serve({ adapter: createAdapter(), sessionBus: createSessionBus() });
} else {
  const { Redis } = createRequire(new URL("../../peers/package.json", import.meta.url))("ioredis");
  const clients = [1, 2].map(() => new Redis(Number(value), "127.0.0.1").on("error", () => {}));
  serve({ adapter: createStreamsAdapter(clients[0]), sessionBus: createRedisBus(...clients, { host: "127.0.0.1" }) });
  process.on("disconnect", () => process.exit());
}

function serve(options) {
  const http = createServer();
  const io = new Server(http, options);
  const { adapter } = io.of("/");
  let known;
  io.on("connection", (socket) => {
    socket.emit("count", known);
    socket.on("who", (answer) => answer({ pid: process.pid, uid: adapter.uid }));
    socket.on("say", (text) => io.emit("said", text));
    socket.on("bye", () => void io.close());
    socket.on("ask", async (answer) => {
      const asked = [io.fetchSockets(), io.serverSideEmitWithAck("id"), io.timeout(5000).emitWithAck("id")];
      answer(await Promise.all(asked.map(outcomeOf)));
    });
  });
  io.on("id", (answer) => answer(adapter.uid));
  const look = async () => {
    const count = await adapter.serverCount();
    if (count !== known) io.local.emit("count", count);
    known = count;
  };
  setInterval(() => void look(), LOOK_MS);
  // A port of its own for each worker too.
  http.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => process.send({ port: http.address().port }));
}

/** The answers, those of sockets by their ids, and who has given none. */
async function outcomeOf(asked) {
  const idsOf = (answers) => answers.map((answer) => answer.id ?? answer).sort();
  try {
    return { answers: idsOf(await asked), isWhole: true, missing: [] };
  } catch (error) {
    return { answers: idsOf(error.responses), isWhole: false, missing: error.missing };
  }
}
