import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Server, Socket } from "socket.io";
import { serve, ticks } from "./support/fake-engine.ts";
import { framesOf, recorded, shown, type Recorded } from "./support/recorded.ts";

/** Protocol 4 and recovery have tests of their own (recorded-protocol-4.test.ts, recorded-recovery.test.ts); close() is no frame. */
const frames = recorded.filter(({ name }) => !/^(EIO3|recovery)|^io\.close/.test(name));

/** Where we refuse what upstream lets pass, or word it otherwise: the name of the vector and why. */
const DEVIATIONS: Record<string, string> = {
  "bad: empty 4": "row A-10: closed as well, with a message that says why",
  "bad: event no payload": "protocols.md 9.1, 1 and row Q-24: refused",
  "bad: nsp without comma": "protocols.md 9.1, 1: the same, an event without payload for a namespace of an odd name",
  "bad: ack id with space": "protocols.md 9.2, 7: numbers are read strictly",
  "bad: ack id huge": "protocols.md 9.2, 7: numbers are read strictly",
  "bad: binary 1e1": "protocols.md 9.2, 7: numbers are read strictly",
  "bad: binary 0x1": "protocols.md 9.2, 7: numbers are read strictly",
  'bad: binary " 1"': "protocols.md 9.2, 7: numbers are read strictly",
  "binary event placeholder num 0.5": "protocols.md 9.2, 8: refused",
};

describe("the server answers what upstream's answered", () => {
  test("all the recorded exchanges of protocol 5 are here", () => {
    assert.equal(frames.length, 100);
    const names = new Set(frames.map(({ name }) => name));
    for (const name of Object.keys(DEVIATIONS)) assert.ok(names.has(name), name);
  });

  for (const vector of frames) {
    const deviates = vector.name in DEVIATIONS;
    test(`${vector.name}${deviates ? " (deviates)" : ""}`, async () => {
      const seen = await replay(vector);
      const expected = { got: vector.got, server: vector.server ?? [] };
      if (deviates) assert.notDeepEqual(seen, expected);
      else assert.deepEqual(seen, expected);
    });
  }

  for (const name of [
    "bad: event no payload",
    "bad: ack id with space",
    "bad: ack id huge",
    "bad: binary 1e1",
    "bad: binary 0x1",
    'bad: binary " 1"',
    "binary event placeholder num 0.5",
    "bad: empty 4",
  ]) {
    test(`${name}: an error, and the connection is closed`, async () => {
      const { got, server } = await replay(frames.find((vector) => vector.name === name)!);
      assert.deepEqual(got, [{ close: null }]);
      assert.deepEqual(
        server.map(([event]) => event),
        ["error", "disconnect", "engine close"],
      );
    });
  }
});

async function replay(vector: Recorded): Promise<{ got: unknown[]; server: unknown[][] }> {
  const { io, engine, clock } = serve({ connectTimeout: 400 });
  const server: unknown[][] = [];
  application(io, server);
  const peer = engine.connect();
  if (vector.connectReply?.length) {
    await peer.join();
    server.splice(0);
  }
  peer.on("close", (reason, description) => server.push(["engine close", reason, description ?? null]));
  for (const message of vector.sent ?? []) {
    peer.receive(typeof message === "string" ? message.slice(1) : Buffer.from(message.bin, "hex"));
    // In the recording the server had time between joining or leaving and what follows.
    if (typeof message === "string" && /^4[01]/.test(message)) await ticks();
  }
  await ticks();
  if (/400ms/.test(vector.name)) clock.advance(400);
  return { got: framesOf(peer), server: JSON.parse(JSON.stringify(server)) as unknown[][] };
}

/** The application that upstream's server ran. */
function application(io: Server, log: unknown[][]): void {
  for (const name of ["/", "/admin"]) {
    io.of(name).on("connection", (socket) => {
      log.push(["connection", name, socket.handshake.auth]);
      socket.onAny((...args) => {
        log.push(["event", name, args.map((arg: unknown) => (typeof arg === "function" ? "<fn>" : shown(arg)))]);
        const ack: unknown = args.at(-1);
        if (typeof ack === "function") (ack as (...values: unknown[]) => void)(...args.slice(1, -1));
      });
      socket.on("error", (error) => log.push(["error", name, error?.message ?? null]));
      socket.on("disconnect", (reason) => log.push(["disconnect", name, reason]));
    });
  }
  io.of("/mw").use((_socket, next) =>
    next(Object.assign(new Error("Not authorized"), { data: { content: "Please retry later" } })),
  );
  io.of("/mw2").use((_socket, next) => next(new Error("nope")));
  io.of("/srv").on("connection", emitMany);
  io.of("/bye").on("connection", (socket) => socket.disconnect());
  io.of("/bye2").on("connection", (socket) => socket.disconnect(true));
  io.of(/^\/dyn-\d+$/).on("connection", (socket) => socket.emit("hi", socket.nsp.name));
}

function emitMany(socket: Socket): void {
  socket.emit("ev", 1, "two", { a: null });
  socket.emit("bin", Buffer.from([1, 2]), { b: [Buffer.from([3])] });
  socket.emit("ack", 1, () => {});
  socket.emit("date", new Date(0), undefined, NaN, Infinity);
  socket.emit("nested", { u: undefined, big: [NaN] });
  socket.emit("arr", new Uint8Array([9, 8]).buffer, new Uint16Array([1, 2]));
}
