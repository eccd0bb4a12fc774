import cluster from "node:cluster";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";
import { createAdapter, createSessionBus, setupPrimary } from "socket.io/cluster";
import { createSessionBus as createRedisBus, createStreamsAdapter } from "socket.io-redis";

/*
 * A server that is one of several behind a load balancer without sticky sessions. JavaScript, since it starts many times.
 *
 *   workers N           a primary of node:cluster and N workers, whose connections it deals out in turn; tells its port
 *   redis PORT OWN-PORT one server on Redis
 */
const [mode, first, ownPort] = process.argv.slice(2);
const OPTIONS = { connectionStateRecovery: {}, allowEIO3: true };

if (mode === "workers" && cluster.isPrimary) {
  setupPrimary();
  const workers = Array.from({ length: Number(first) }, () => cluster.fork());
  let listening = 0;
  cluster.on("listening", (_worker, { port }) => {
    if (++listening >= workers.length) process.send({ port });
  });
  process.on("message", ({ fork }) => fork && cluster.fork());
  process.on("disconnect", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGKILL");
    process.exit();
  });
} else if (mode === "workers") {
  serve({ adapter: createAdapter(), sessionBus: createSessionBus() }, 0);
} else {
  const { Redis } = createRequire(new URL("../../peers/package.json", import.meta.url))("ioredis");
  const clients = [1, 2].map(() => new Redis(Number(first), "127.0.0.1").on("error", () => {}));
  const sessionBus = createRedisBus(...clients, { host: "127.0.0.1" });
  serve({ adapter: createStreamsAdapter(clients[0], { blockTimeInMs: 200 }), sessionBus }, Number(ownPort));
  process.on("disconnect", () => process.exit());
}

function serve(options, port) {
  const http = createServer((_req, res) => res.writeHead(404).end());
  const io = new Server(http, { ...OPTIONS, ...options });
  io.on("connection", (socket) => {
    socket.on("who", (answer) => answer(process.pid));
    socket.on("echo", (bytes, answer) => answer(bytes));
    socket.on("join", (room, answer) => {
      void socket.join(room);
      answer(socket.id, socket.recovered);
    });
    socket.on("say", (room, ...args) => io.to(room).emit("said", ...args));
    socket.on("count", async (answer) => answer((await io.fetchSockets()).length));
    socket.on("recovered", (answer) => answer(socket.recovered));
    // Ends whatever has the session, without a word.
    socket.on("die", () => process.kill(process.pid, "SIGKILL"));
  });
  http.listen(port, "127.0.0.1", () => {
    if (mode === "redis") process.send({ port: http.address().port });
  });
}
