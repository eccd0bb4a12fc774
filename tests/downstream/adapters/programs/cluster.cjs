/**
 * A primary that hands connections to two workers by @socket.io/sticky; each worker is a server of ours with
 * @socket.io/cluster-adapter. The test speaks with the primary, and through it with the workers: every question is for one of them.
 *
 * Arguments: package of sticky, name of its function for the primary, method of load balancing (none, or an empty text: the default),
 * port of a PostgreSQL that brings messages to other primaries (none: there are none), options of its adapter as JSON.
 */
const cluster = require("node:cluster");
const http = require("node:http");

const [, , stickyName, setUp, loadBalancingMethod, postgresPort, postgresOptions] = process.argv;
const sticky = require(stickyName);

if (cluster.isPrimary) primary();
else worker();

function primary() {
  const server = http.createServer();
  sticky[setUp](server, loadBalancingMethod && { loadBalancingMethod });
  const closeAdapter = postgresPort === undefined ? setUpAdapter() : setUpPostgres();
  // Sticky 2 sends the first bytes of each connection as a Buffer, and so does the adapter with those of users.
  cluster.setupPrimary({ serialization: "advanced" });
  const workers = [cluster.fork(), cluster.fork()];
  let ready = 0;
  for (const [at, one] of workers.entries()) {
    one.on("message", (message) => {
      if (message.ours !== true) return;
      if (message.ready && ++ready === workers.length) {
        server.listen(0, "127.0.0.1", () => process.send({ ready: server.address().port }));
      } else if (!message.ready) process.send({ ...message, worker: at });
    });
  }
  process.on("message", ({ worker, ...question }) => {
    if (worker !== "primary") return workers[worker].send({ ours: true, ...question });
    closeAdapter();
    process.send({ id: question.id });
  });
  process.on("disconnect", () => {
    for (const one of workers) one.kill("SIGKILL");
    process.exit();
  });
}

function setUpAdapter() {
  require("@socket.io/cluster-adapter").setupPrimary();
}

/** Returns what ends it. */
function setUpPostgres() {
  const { Pool } = require("pg");
  const address = { host: "127.0.0.1", port: Number(postgresPort), user: "postgres" };
  // What is given back to the pool is to be seen to end.
  const pool = new Pool({ ...address, idleTimeoutMillis: 100 });
  pool.on("error", () => {});
  // Release 0.5.0 was compiled to look for the members of node:cluster under `default`, and throws where it is missing.
  cluster.default = cluster;
  const { close } = require("@socket.io/postgres-adapter").setupPrimary(pool, JSON.parse(postgresOptions));
  return close;
}

function worker() {
  const { Server } = require("socket.io");
  const server = http.createServer();
  const io = new Server(server);
  io.adapter(require("@socket.io/cluster-adapter").createAdapter());
  sticky.setupWorker(io);
  io.on("connection", (socket) => socket.join("room"));
  io.on("sum", (a, b, answer) => answer(a + b));
  const told = [];
  io.on("told", (...args) => told.push(args));

  const commands = {
    sids: () => [...io.of("/").sockets.keys()],
    engines: () => [...Object.keys(io.engine.clients)],
    servers: () => io.of("/").adapter.serverCount(),
    packages: () => packages(),
    told: () => told,
    emit: ({ to, except, args }) =>
      void io
        .to(to)
        .except(except)
        .emit(...args),
    emitBytes: ({ to, name }) => void io.to(to).emit(name, Buffer.from([1, 2, 3])),
    broadcast: ({ sid, args }) =>
      void io
        .of("/")
        .sockets.get(sid)
        .broadcast.emit(...args),
    ask: async () => io.timeout(5000).emitWithAck("ask"),
    fetch: async ({ room }) => (await io.in(room).fetchSockets()).map(({ id, rooms }) => ({ id, rooms: [...rooms] })),
    join: ({ sid, room }) => io.in(sid).socketsJoin(room),
    leave: ({ room }) => io.socketsLeave(room),
    rooms: ({ sid }) => [...(io.of("/").sockets.get(sid)?.rooms ?? [])],
    disconnect: ({ sid }) => io.in(sid).disconnectSockets(),
    tell: ({ args }) => void io.serverSideEmit("told", ...args),
    sum: () => io.serverSideEmitWithAck("sum", 1, 2),
    setUpPrimary: () => messageOf(() => sticky[setUp](server)),
    close: () => io.close().then(() => null),
  };
  process.on("message", (message) => {
    // The primary of PostgreSQL shows every worker what the others send, our answers too.
    if (message.ours === true && message.command !== undefined) void answer(message);
  });
  async function answer({ id, command, args }) {
    try {
      process.send({ ours: true, id, value: await commands[command](args ?? {}) });
    } catch (error) {
      process.send({ ours: true, id, error: String(error?.stack ?? error) });
    }
  }
  process.send({ ours: true, ready: true });
}

/** What a function throws. */
function messageOf(call) {
  try {
    call();
    return null;
  } catch (error) {
    return error.message;
  }
}

/** Name, version and folder below node_modules of every package of the family of which a file runs here. */
function packages() {
  const { dirname, join } = require("node:path");
  const { existsSync } = require("node:fs");
  const found = new Map();
  for (const file of Object.keys(require.cache)) {
    let folder = dirname(file);
    while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
    const { name, version } = require(join(folder, "package.json"));
    if (/socket\.io|engine\.io/.test(name ?? "")) {
      found.set(folder, { name, version, folder: folder.slice(folder.lastIndexOf("node_modules/") + 13) });
    }
  }
  return [...found.values()];
}
