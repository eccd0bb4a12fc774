import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Server } from "socket.io";
import { defaultRequest, serve, ticks } from "./support/fake-engine.ts";
import { framesOf, recorded, shown, type Recorded } from "./support/recorded.ts";

/** A ping is answered by the engine; it is recorded once more in engineio-v3-server. */
const frames = recorded.filter(({ name }) => name.startsWith("EIO3:") && name !== "EIO3: ping");

/** Where ours is another: the name of the vector, what we send, and why. */
const DEVIATIONS: Record<string, { got: unknown[]; reason: string }> = {
  "EIO3: unknown nsp": { got: ["40", '44/nope,"Invalid namespace"'], reason: "protocols.md 9.2, 17" },
};

describe("the server answers a client of Socket.IO 2 as upstream's answered", () => {
  test("all the recorded exchanges of protocol 4 are here", () => {
    assert.equal(frames.length, 13);
    const names = new Set(frames.map(({ name }) => name));
    for (const name of Object.keys(DEVIATIONS)) assert.ok(names.has(name), name);
  });

  for (const vector of frames) {
    const deviation = DEVIATIONS[vector.name];
    test(`${vector.name}${deviation === undefined ? "" : ` (deviates: ${deviation.reason})`}`, async () => {
      const { got, server } = await replay(vector);
      assert.deepEqual(got, deviation?.got ?? vector.got);
      assert.deepEqual(server, vector.server);
    });
  }
});

async function replay(vector: Recorded): Promise<{ got: unknown[]; server: unknown[][] }> {
  const { io, engine } = serve();
  const server: unknown[][] = [];
  application(io, server, vector.name);
  const request = { ...defaultRequest(), _query: { EIO: "3", transport: "websocket" } };
  const peer = engine.connect("websocket", request, 3);
  peer.on("close", (reason, description) => server.push(["engine close", reason, description ?? null]));
  await ticks();
  for (const message of vector.sent ?? []) {
    peer.receive(typeof message === "string" ? message.slice(1) : Buffer.from(message.bin.slice(2), "hex"));
    if (typeof message === "string" && message.startsWith("40")) await ticks();
  }
  await ticks();
  const got = framesOf(peer).map((frame) => inRevision3(frame, peer.id));
  return { got, server: JSON.parse(JSON.stringify(server)) as unknown[][] };
}

/** Binary frames begin with their type there; the id of the session is that of the recording. */
function inRevision3(frame: unknown, sessionId: string): unknown {
  if (typeof frame === "string") return frame.replace(sessionId, RECORDED_SESSION);
  return "bin" in (frame as object) ? { bin: `04${(frame as { bin: string }).bin}` } : frame;
}

const RECORDED_SESSION = "zdKI4ZnKkxkV9LEuAABp";

/** The application that upstream's server ran. */
function application(io: Server, log: unknown[][], vector: string): void {
  if (vector === "EIO3: root middleware error") io.use((_socket, next) => next(new Error("root refused")));
  for (const name of ["/", "/admin"]) {
    io.of(name).on("connection", (socket) => {
      if (name !== "/") log.push(["connection", name, socket.handshake.auth]);
      socket.onAny((...args) => {
        log.push(["event", name, args.map((arg: unknown) => (typeof arg === "function" ? "<fn>" : shown(arg)))]);
        const ack: unknown = args.at(-1);
        if (typeof ack === "function") (ack as (...values: unknown[]) => void)(...args.slice(1, -1));
      });
      socket.on("disconnect", (reason) => log.push(["disconnect", name, reason]));
    });
  }
  io.of("/mw").use((_socket, next) => next(Object.assign(new Error("no"), { data: { content: "later" } })));
  io.of("/mw2").use((_socket, next) => next(new Error("nope")));
  io.of("/srv").on("connection", (socket) => {
    socket.emit("ev", 1);
    socket.emit("bin", Buffer.from([1, 2]));
    socket.emit("id", socket.id, socket.handshake.query, socket.handshake.auth);
  });
}
