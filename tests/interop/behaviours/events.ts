import assert from "node:assert/strict";
import type { Socket as ServerSocket } from "socket.io";
import { ask, type Behaviours, directions, type End, type Stage } from "../stage.js";

const argumentLists: readonly (readonly unknown[])[] = [
  [],
  [null],
  [1, -0.5, 1e300, Number.MAX_SAFE_INTEGER],
  ["", "text", true, false],
  [{}, [], [[]], { a: { b: [{ c: null }] } }],
  [{ __proto__x: 1, "key with spaces": 2, ключ: 3, "": 4 }],
  ["1", "[2]", '"quoted"', "\\back\\slash", "a\u001eb", "line\nfeed\ttab\u0000nul"],
  ["€", "𝒳", "👩‍👩‍👧", "\u2028\u2029", "\ud800 alone", "ﷺ", "e\u0301"],
];

const unusualNames = [
  "",
  "error",
  "connection",
  "message ",
  "ping",
  "toString",
  "constructor",
  "__proto__",
  "été 🎈",
  "2",
];

export const events: Behaviours = {
  "any JSON arguments travel to the server": async (stage) => {
    const { client, server } = await stage.pair(await stage.serve());
    await anyArgumentsTravel(stage, client, server);
  },

  "any JSON arguments travel to the client": async (stage) => {
    const { client, server } = await stage.pair(await stage.serve());
    await anyArgumentsTravel(stage, server, client);
  },

  "values that JSON lacks become what JSON makes of them": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const sent = [undefined, NaN, -Infinity, new Date(0), { gone: undefined, kept: 1 }, { toJSON: () => "own form" }];
    const expected = [null, null, null, "1970-01-01T00:00:00.000Z", { kept: 1 }, "own form"];
    const up = stage.event(server, "odd");
    client.emit("odd", ...sent);
    assert.deepEqual(await up, expected);
    const down = stage.event(client, "odd");
    server.emit("odd", ...sent);
    assert.deepEqual(await down, expected);
  },

  "unusual event names travel both ways": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const heard: Record<"up" | "down", string[]> = { up: [], down: [] };
    server.onAny((name) => heard.up.push(name));
    client.onAny((name) => heard.down.push(name));
    const fences = [stage.event(server, "fence"), stage.event(client, "fence")];
    for (const name of [...unusualNames, "fence"]) {
      client.emit(name);
      server.emit(name);
    }
    await Promise.all(fences);
    assert.deepEqual(heard, { up: [...unusualNames, "fence"], down: [...unusualNames, "fence"] });
  },

  "events emitted before the connection are delivered once, in order": async (stage) => {
    const io = await stage.serve();
    const arrivals = new Promise<number[]>((resolve) => {
      io.on("connection", (socket) => {
        const list: number[] = [];
        socket.on("n", (n: number) => list.push(n));
        socket.on("fence", () => resolve(list));
      });
    });
    const client = stage.client();
    for (let n = 0; n < 20; n++) client.emit("n", n);
    client.on("connect", () => {
      client.emit("n", 20);
      client.emit("fence");
    });
    const list = await stage.until("fence at the server", arrivals);
    assert.deepEqual(
      list,
      Array.from({ length: 21 }, (_, n) => n),
    );
  },

  "events emitted in the connection listener arrive after connect, in order": async (stage) => {
    const io = await stage.serve();
    io.on("connection", (socket) => {
      for (let n = 0; n < 20; n++) socket.emit("n", n);
    });
    const client = stage.client();
    const order: unknown[] = [];
    client.on("connect", () => order.push("connect"));
    client.on("n", (n) => order.push(n));
    await stage.events(client, "n", 20);
    assert.deepEqual(order, ["connect", ...Array.from({ length: 20 }, (_, n) => n)]);
  },

  "hundreds of events in both directions keep their order": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const count = 300;
    const up = stage.events(server, "n", count);
    const down = stage.events(client, "n", count);
    for (let n = 0; n < count; n++) {
      client.emit("n", n);
      server.emit("n", n);
    }
    const expected = Array.from({ length: count }, (_, n) => [n]);
    assert.deepEqual(await up, expected);
    assert.deepEqual(await down, expected);
  },

  "a dialogue of many turns goes on": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    server.on("ping-pong", (n) => server.emit("ping-pong", n + 1));
    const done = new Promise<number>((resolve) => {
      client.on("ping-pong", (n) => (n >= 40 ? resolve(n) : client.emit("ping-pong", n + 1)));
    });
    client.emit("ping-pong", 1);
    assert.equal(await stage.until("40 turns", done), 40);
  },

  "send() emits the event message": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const up = stage.event(server, "message");
    client.send("hello", 1);
    assert.deepEqual(await up, ["hello", 1]);
    const down = stage.events(client, "message", 3);
    server.send("a");
    server.write("b");
    io.send("c");
    assert.deepEqual(await down, [["a"], ["b"], ["c"]]);
  },

  "catch-all listeners hear every event before its own listeners": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [receiver, sender] of directions(server, client)) {
      const order: unknown[] = [];
      receiver.on("ev", (...args: unknown[]) => order.push(["listener", ...args]));
      receiver.onAny((...args: unknown[]) => args[0] === "ev" && order.push(["any", ...args]));
      receiver.prependAny((...args: unknown[]) => args[0] === "ev" && order.push(["first", ...args]));
      const fence = stage.event(receiver, "fence");
      sender.emit("ev", 1, "b");
      sender.emit("fence");
      await fence;
      assert.deepEqual(order, [
        ["first", "ev", 1, "b"],
        ["any", "ev", 1, "b"],
        ["listener", 1, "b"],
      ]);
      receiver.offAny();
      assert.deepEqual(receiver.listenersAny(), []);
    }
  },

  "outgoing catch-all listeners hear direct emits and broadcasts": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const sent: Record<"client" | "server", unknown[]> = { client: [], server: [] };
    client.onAnyOutgoing((...args: unknown[]) => sent.client.push(args));
    server.onAnyOutgoing((...args: unknown[]) => sent.server.push(args));
    const arrivals = [stage.event(server, "up"), stage.event(client, "direct"), stage.event(client, "broadcast")];
    client.emit("up", 1);
    server.emit("direct", 2);
    io.emit("broadcast", 3);
    await Promise.all(arrivals);
    assert.deepEqual(sent, {
      client: [["up", 1]],
      server: [
        ["direct", 2],
        ["broadcast", 3],
      ],
    });
  },

  "once() listens once and off() no more": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [receiver, sender] of directions(server, client)) {
      const heard: string[] = [];
      const removed = (): unknown => heard.push("removed");
      receiver.once("ev", () => heard.push("once"));
      receiver.on("ev", removed);
      receiver.on("ev", () => heard.push("on"));
      // Each side types off() in its own way.
      (receiver as { off(event: string, listener: () => void): unknown }).off("ev", removed);
      const fence = stage.event(receiver, "fence");
      sender.emit("ev");
      sender.emit("ev");
      sender.emit("fence");
      await fence;
      assert.deepEqual(heard, ["once", "on", "on"]);
    }
  },

  "reserved event names are refused where they are emitted": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      const refusal = { message: `"${name}" is a reserved event name` };
      assert.throws(() => client.emit(name), refusal);
      assert.throws(() => server.emit(name), refusal);
      assert.throws(() => io.emit(name), refusal);
      assert.throws(() => io.to("room").emit(name), refusal);
    }
  },

  "a volatile event arrives when the transport is ready": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    // A round trip first: whatever connecting left in flight is then written, so both transports are writable.
    server.on("echo", (answer) => answer());
    await stage.until("round trip", ask(client, "echo"));
    const up = stage.event(server, "up");
    await stage.writable(client);
    client.volatile.emit("up", 1);
    assert.deepEqual(await up, [1]);
    const down = stage.event(client, "down");
    await stage.writable(server);
    server.volatile.emit("down", 2);
    assert.deepEqual(await down, [2]);
  },

  "a volatile event emitted while disconnected is dropped, others wait": async (stage) => {
    const io = await stage.serve();
    const heard = new Promise<unknown[]>((resolve) => {
      io.on("connection", (socket) => {
        const list: unknown[] = [];
        socket.onAny((...args) => (args[0] === "fence" ? resolve(list) : list.push(args)));
      });
    });
    const client = stage.client();
    client.volatile.emit("position", 1);
    client.emit("order", 2);
    client.volatile.emit("position", 3);
    client.emit("fence");
    assert.deepEqual(await stage.until("fence at the server", heard), [["order", 2]]);
  },

  "the compress flag changes nothing but the bytes": async (stage) => {
    const io = await stage.serve({ perMessageDeflate: { threshold: 16 }, httpCompression: { threshold: 16 } });
    const { client, server } = await stage.pair(io, "/", { perMessageDeflate: { threshold: 16 } });
    await stage.upgraded(client, server);
    const text = "squeeze me ".repeat(500);
    const up = stage.events(server, "text", 2);
    client.compress(true).emit("text", text, 1);
    client.compress(false).emit("text", text, 2);
    assert.deepEqual(await up, [
      [text, 1],
      [text, 2],
    ]);
    const down = stage.events(client, "text", 4);
    server.compress(true).emit("text", text, 1);
    server.compress(false).emit("text", text, 2);
    io.compress(true).emit("text", text, 3);
    io.compress(false).emit("text", text, 4);
    assert.deepEqual(
      (await down).map((args) => [args[0] === text, args[1]]),
      [1, 2, 3, 4].map((n) => [true, n]),
    );
  },

  "events that the server sends before its CONNECT answer wait for connect": async (stage) => {
    const io = await stage.serve();
    io.use((socket, next) => {
      socket.emit("early", "from the middleware");
      next();
    });
    const client = stage.client();
    const heard: unknown[] = [];
    client.on("early", (text) => heard.push(text));
    const fence = stage.event(client, "fence");
    io.on("connection", (socket: ServerSocket) => socket.emit("fence"));
    await fence;
    assert.deepEqual(heard, ["from the middleware"]);
  },
};

async function anyArgumentsTravel(stage: Stage, from: End, to: End): Promise<void> {
  const arrivals = stage.events(to, "args", argumentLists.length);
  for (const args of argumentLists) from.emit("args", ...args);
  assert.deepEqual(await arrivals, argumentLists);
}
