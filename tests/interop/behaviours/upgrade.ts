import assert from "node:assert/strict";
import { ask, type Behaviours } from "../stage.js";

const final = { polling: "polling", websocket: "websocket", upgrade: "websocket" } as const;

/** In the modes without an upgrade the same must hold for the transport that is there from the start. */
export const upgrade: Behaviours = {
  "both sides end on the same transport": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    assert.equal(client.io.engine.transport.name, final[stage.transport]);
    assert.equal(server.conn.transport.name, final[stage.transport]);
    assert.equal(server.handshake.query["transport"], stage.transport === "websocket" ? "websocket" : "polling");
  },

  "events in both directions lose nothing and keep their order meanwhile": async (stage) => {
    const io = await stage.serve();
    const count = 200;
    const expected = Array.from({ length: count }, (_, n) => n);
    const heard: Record<"up" | "down", number[]> = { up: [], down: [] };
    const atServer = new Promise<void>((resolve) => {
      io.on("connection", (socket) => {
        socket.on("n", (n) => {
          if (heard.up.push(n) === count) resolve();
        });
        spread(count, (n) => socket.emit("n", n));
      });
    });
    const client = stage.client();
    const atClient = new Promise<void>((resolve) => {
      client.on("n", (n) => {
        if (heard.down.push(n) === count) resolve();
      });
    });
    client.on("connect", () => spread(count, (n) => client.emit("n", n)));
    const progress = (): string => `${count} events each way (up ${heard.up.length}, down ${heard.down.length})`;
    await stage.until(progress, Promise.all([atServer, atClient]));
    assert.deepEqual(heard, { up: expected, down: expected });
    await stage.upgraded(client, stage.serverHalf(io, client));
    assert.equal(client.io.engine.transport.name, final[stage.transport]);
  },

  "binary in both directions loses nothing and keeps its order meanwhile": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const count = 60;
    const up = stage.events<[number, Buffer]>(server, "bin", count);
    const down = stage.events<[number, Buffer]>(client, "bin", count);
    spread(count, (n) => client.emit("bin", n, Buffer.alloc(n, n)));
    spread(count, (n) => server.emit("bin", n, Buffer.alloc(n, n)));
    for (const arrivals of [await up, await down]) {
      for (const [n, [number, bytes]] of arrivals.entries()) {
        assert.equal(number, n);
        assert.equal(Buffer.from(bytes).equals(Buffer.alloc(n, n)), true);
      }
    }
  },

  "questions asked meanwhile are answered": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    client.on("twice", (n, answer) => answer(n * 2));
    server.on("twice", (n, answer) => answer(n * 2));
    const answers: Promise<number>[] = [];
    await new Promise<void>((resolve) => {
      spread(
        30,
        (n) => answers.push(ask(client, "twice", n), ask(server, "twice", n)),
        () => resolve(),
      );
    });
    assert.deepEqual(
      await stage.until("60 acks", Promise.all(answers)),
      Array.from({ length: 60 }, (_, n) => Math.floor(n / 2) * 2),
    );
  },

  "a large message that is on its way arrives": async (stage) => {
    const io = await stage.serve();
    const text = "z".repeat(600_000);
    const client = stage.client();
    const down = stage.event<[string]>(client, "big");
    const up = new Promise<string>((resolve) => {
      io.on("connection", (socket) => {
        socket.on("big", resolve);
        socket.emit("big", text);
      });
    });
    client.emit("big", text);
    assert.equal((await down)[0] === text, true);
    assert.equal((await stage.until("the big event at the server", up)) === text, true);
  },

  "a client that wants no upgrade stays where it is": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { upgrade: false });
    server.on("echo", (answer) => answer(server.conn.transport.name));
    const expected = stage.transport === "websocket" ? "websocket" : "polling";
    assert.equal(await stage.until("ack", ask(client, "echo")), expected);
    assert.equal(client.io.engine.transport.name, expected);
  },

  "a server that offers no upgrade is served over its transport": async (stage) => {
    const io = await stage.serve({ allowUpgrades: false });
    const { client, server } = await stage.pair(io);
    server.on("echo", (answer) => answer(server.conn.transport.name));
    const expected = stage.transport === "websocket" ? "websocket" : "polling";
    assert.equal(await stage.until("ack", ask(client, "echo")), expected);
  },

  "a client that leaves meanwhile is gone on both sides": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const closed = stage.event(server.conn, "close");
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    assert.equal((await gone)[0], "client namespace disconnect");
    await closed;
    assert.equal(io.engine.clientsCount, 0);
  },

  "a server that closes meanwhile is seen by the client": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const gone = stage.event(server, "disconnect");
    const lost = stage.event<[string]>(client, "disconnect");
    const closed = stage.until("close of the server", io.close());
    assert.equal((await gone)[0], "server shutting down");
    // Which request notices it first depends on how far the upgrade has come.
    assert.match((await lost)[0], /^transport (close|error)$/);
    await closed;
  },

  "a broadcast reaches clients on different transports alike": async (stage) => {
    const io = await stage.serve();
    const own = await stage.pair(io);
    const polling = await stage.pair(io, "/", { transports: ["polling"] });
    const websocket = await stage.pair(io, "/", { transports: ["websocket"] });
    const arrivals = [own, polling, websocket].map(({ client }) => stage.events(client, "x", 2));
    io.emit("x", { text: "é", n: 1 });
    io.emit("x", "second");
    for (const arrival of await Promise.all(arrivals)) assert.deepEqual(arrival, [[{ text: "é", n: 1 }], ["second"]]);
    assert.deepEqual(
      [polling, websocket].map(({ server }) => server.conn.transport.name),
      ["polling", "websocket"],
    );
  },

  "a client that names websocket first connects with it and falls to none": async (stage) => {
    const io = await stage.serve();
    const transports: ("polling" | "websocket")[] =
      stage.transport === "polling" ? ["polling"] : ["websocket", "polling"];
    const { server } = await stage.pair(io, "/", { transports });
    assert.equal(server.conn.transport.name, transports[0]);
    const refused = stage.client("/", { transports: ["websocket"] });
    await stage.connected(refused);
  },

  "with tryAllTransports a client goes on to the transport that works": async (stage) => {
    const only = stage.transport === "polling" ? "polling" : "websocket";
    const other = only === "polling" ? "websocket" : "polling";
    const io = await stage.serve({ transports: [only] });
    const { server } = await stage.pair(io, "/", { transports: [other, only], tryAllTransports: true });
    assert.equal(server.conn.transport.name, only);
  },
};

/** Emits one after another over many turns of the event loop, a few per turn. */
function spread(count: number, emit: (n: number) => unknown, done?: () => void, next = 0): void {
  for (let n = next; n < Math.min(next + 4, count); n++) emit(n);
  if (next + 4 < count) setImmediate(spread, count, emit, done, next + 4);
  else done?.();
}
