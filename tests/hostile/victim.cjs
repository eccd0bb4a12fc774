// A server in a process of its own, so that it may fall over, and its memory be counted without that of the attacker.
// argv: name of the package where it is required, package.json to require it from, kind, the source of a function that sets it up.
"use strict";
const { createServer } = require("node:http");
const { createRequire } = require("node:module");
const { realpathSync, existsSync, readFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { runInThisContext } = require("node:vm");
const { setImmediate: turn } = require("node:timers/promises");

const [name, from, kind, setUp] = process.argv.slice(2);
const load = createRequire(from);
const library = load(name);
const http = createServer();
/** What functions of the test may read and write. */
const world = { http, load, library, seen: [], open: 0, webTransport };

// What the test runner's compiler wraps named functions in.
globalThis.__name = (named) => named;

const configure = runInThisContext(`(${setUp})`);
const options = configure(world) ?? {};
if (kind === "socket.io") {
  world.io = new library.Server(http, options);
  world.engine = world.io.engine;
} else {
  world.engine = library.attach(http, options);
  world.engine.on("connection", (socket) => socket.on("error", () => {}));
}
// After the engine, which takes the listeners that it finds.
http.prependListener("request", (_req, res) => {
  world.open++;
  res.on("close", () => world.open--);
});
world.ready?.(world);

/** A WebTransport session in memory that the engine is given. As in applications, nobody catches what comes of that. */
function webTransport(ready = Promise.resolve()) {
  const [up, down] = [new TransformStream(), new TransformStream()];
  let streams;
  let end;
  const session = {
    ready,
    closed: new Promise((resolve) => (end = resolve)),
    close: () => end("closed"),
    incomingBidirectionalStreams: new ReadableStream({ start: (controller) => (streams = controller) }),
  };
  const stream = up.writable.getWriter();
  stream.closed.catch(() => {});
  void world.engine.onWebTransportSession(session);
  return {
    closed: session.closed,
    open: () => streams.enqueue({ readable: up.readable, writable: down.writable }),
    openNone: () => streams.close(),
    send: (text) => void stream.write(Buffer.from([text.length, ...Buffer.from(text)])).catch(() => {}),
    end: () => void stream.close().catch(() => {}),
    lose: () => end("lost"),
  };
}

async function memory() {
  for (let round = 0; round < 4; round++) {
    await turn();
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.on("message", (message) => void answer(message));
process.on("disconnect", () => process.exit());

async function answer({ id, ask }) {
  try {
    const result = ask === "memory" ? await memory() : await runInThisContext(`(${ask})`)(world);
    process.send({ id, answer: result });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
}

function versionOf(entry) {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    const { version } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : {};
    if (version !== undefined) return version;
  }
}

http.listen(0, "127.0.0.1", () => {
  const entry = realpathSync(load.resolve(name));
  process.send({ port: http.address().port, entry, version: versionOf(entry) });
});
