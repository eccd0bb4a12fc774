import assert from "node:assert/strict";
import type { Socket as ServerSocket } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { ask, type Behaviours, directions, type Stage } from "../stage.js";

const bytes = Buffer.from([0, 1, 2, 127, 128, 254, 255]);

export const binary: Behaviours = {
  "a Buffer travels in both directions": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await travelBothWays(stage, client, server, [bytes], [hex(bytes)]);
  },

  "ArrayBuffer, typed arrays and views travel as their own bytes": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const whole = new Uint8Array(bytes).buffer;
    const forms = [whole, new Uint8Array(whole, 1, 3), new DataView(whole, 2, 2), new Uint16Array([1, 0xffff])];
    const expected = [hex(bytes), "<01027f>", "<027f>", "<0100ffff>"];
    await travelBothWays(stage, client, server, forms, expected);
  },

  "binary at any depth finds its place": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const value = { a: [{ b: { c: [null, Buffer.from("deep"), 1] } }], d: Buffer.from("flat"), e: "text" };
    const expected = [{ a: [{ b: { c: [null, hex("deep"), 1] } }], d: hex("flat"), e: "text" }, "last"];
    const up = stage.event(server, "bin");
    client.emit("bin", value, "last");
    assert.deepEqual(readable(await up), expected);
    const down = stage.event(client, "bin");
    server.emit("bin", value, "last");
    assert.deepEqual(readable(await down), expected);
  },

  "the sender's objects are left as they were": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const value = { nested: [Buffer.from("mine")] };
    const arrivals = [stage.event(server, "bin"), stage.event(client, "bin")];
    client.emit("bin", value);
    server.emit("bin", value);
    await Promise.all(arrivals);
    assert.deepEqual(value, { nested: [Buffer.from("mine")] });
  },

  "one Buffer named twice arrives twice": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const arrival = stage.event(server, "bin");
    client.emit("bin", bytes, { again: bytes });
    assert.deepEqual(readable(await arrival), [hex(bytes), { again: hex(bytes) }]);
  },

  "empty binary stays empty binary": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const up = stage.event(server, "bin");
    client.emit("bin", Buffer.alloc(0), "x", new ArrayBuffer(0));
    assert.deepEqual(readable(await up), ["<>", "x", "<>"]);
    const down = stage.event(client, "bin");
    server.emit("bin", Buffer.alloc(0), "x", new ArrayBuffer(0));
    assert.deepEqual(readable(await down), ["<>", "x", "<>"]);
  },

  "ten attachments pass": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const parts = Array.from({ length: 10 }, (_, n) => Buffer.alloc(n + 1, n));
    const up = stage.event(server, "bin");
    client.emit("bin", parts);
    assert.deepEqual(readable(await up), [parts.map(hex)]);
    const down = stage.event(client, "bin");
    server.emit("bin", parts);
    assert.deepEqual(readable(await down), [parts.map(hex)]);
  },

  "eleven attachments end the connection": async (stage) => {
    stage.mayReach("maxAttachments");
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    server.on("bin", () => assert.fail("the server delivered it"));
    const gone = stage.event<[string]>(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    client.emit(
      "bin",
      Array.from({ length: 11 }, (_, n) => Buffer.alloc(1, n)),
    );
    assert.match((await gone)[0], /^forced (server )?close$/);
    await lost;
  },

  "binary travels in acks of both directions": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    server.on("ask", (value, answer) => answer({ echo: [value] }));
    client.on("ask", (value, answer) => answer({ echo: [value] }));
    const fromServer = await stage.until("ack of the server", ask(client, "ask", bytes));
    assert.deepEqual(readable(fromServer), { echo: [hex(bytes)] });
    const fromClient = await stage.until("ack of the client", ask(server, "ask", bytes));
    assert.deepEqual(readable(fromClient), { echo: [hex(bytes)] });
  },

  "text and binary events keep their order": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [sender, receiver] of directions(client, server)) {
      const arrivals = stage.events(receiver, "ev", 60);
      for (let n = 0; n < 60; n++) sender.emit("ev", n, n % 3 ? `text ${n}` : [Buffer.alloc(n, n), Buffer.from("b")]);
      const expected = Array.from({ length: 60 }, (_, n) => [
        n,
        n % 3 ? `text ${n}` : [hex(Buffer.alloc(n, n)), hex("b")],
      ]);
      assert.deepEqual(readable(await arrivals), expected);
    }
  },

  "half a megabyte of binary passes in both directions": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const big = Buffer.alloc(500_000, "0123456789abcdef");
    const up = stage.event<[Uint8Array]>(server, "bin");
    client.emit("bin", big);
    assert.equal(big.equals(asBuffer((await up)[0]) ?? Buffer.alloc(0)), true);
    const down = stage.event<[Uint8Array]>(client, "bin");
    server.emit("bin", big);
    assert.equal(big.equals(asBuffer((await down)[0]) ?? Buffer.alloc(0)), true);
  },

  "an object that looks like a placeholder is left alone in a packet without binary": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const lookalike = { _placeholder: true, num: 0 };
    const up = stage.event(server, "ev");
    client.emit("ev", lookalike);
    assert.deepEqual(await up, [lookalike]);
    const down = stage.event(client, "ev");
    server.emit("ev", lookalike);
    assert.deepEqual(await down, [lookalike]);
  },

  "a broadcast of binary reaches all in a namespace": async (stage) => {
    const io = await stage.serve();
    const feed = io.of("/feed");
    const clients = [stage.client("/feed"), stage.client("/feed"), stage.client("/feed")];
    await stage.connected(...clients);
    const arrivals = clients.map((client) => stage.event(client, "bin"));
    feed.emit("bin", { picture: bytes }, 1);
    assert.deepEqual(
      readable(await Promise.all(arrivals)),
      clients.map(() => [{ picture: hex(bytes) }, 1]),
    );
  },

  "binary that waits for the connection is delivered": async (stage) => {
    const io = await stage.serve();
    const arrival = new Promise<unknown[]>((resolve) => {
      io.on("connection", (socket) => socket.on("bin", (...args) => resolve(args)));
    });
    stage.client().emit("bin", { early: [bytes] });
    assert.deepEqual(readable(await stage.until("the binary event", arrival)), [{ early: [hex(bytes)] }]);
  },

  "a client with forceBase64 sends and receives binary": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { forceBase64: true });
    await stage.upgraded(client, server);
    await travelBothWays(stage, client, server, [bytes], [hex(bytes)]);
  },
};

async function travelBothWays(
  stage: Stage,
  client: ClientSocket,
  server: ServerSocket,
  values: readonly unknown[],
  expected: readonly unknown[],
): Promise<void> {
  for (const [from, to] of directions(client, server)) {
    const arrival = stage.event(to, "bin");
    from.emit("bin", ...values);
    assert.deepEqual(readable(await arrival), expected);
  }
}

/** Bytes in a form that tells binary from text, whatever class the receiver got. */
function hex(value: Uint8Array | string): string {
  return `<${Buffer.from(value as string).toString("hex")}>`;
}

/** A received value with each binary part replaced by its {@link hex}. */
function readable(value: unknown): unknown {
  const buffer = asBuffer(value);
  if (buffer) return hex(buffer);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, readable(member)]));
}

function asBuffer(value: unknown): Buffer | undefined {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined;
}
