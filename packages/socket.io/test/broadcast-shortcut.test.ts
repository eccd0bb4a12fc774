import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import type { Server, Socket } from "socket.io";
import { Random } from "../../../tests/support/random.ts";
import { RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { serve } from "./support/serve.ts";

/*
 * A broadcast goes past session and transport (`Shortcut` of the engine) to each receiver for which nothing waits there. Nobody
 * may be able to tell.
 */
interface Member {
  readonly peer: RawWebSocket;
  readonly socket: Socket;
}

async function join(io: Server, port: number): Promise<Member> {
  const connection = once(io, "connection") as Promise<[Socket]>;
  const peer = await new RawWebSocket(port).opened();
  peer.send("40");
  await peer.receive(2);
  return { peer, socket: (await connection)[0] };
}

/** One that has had a broadcast already: the next one is the first that may take the short way. */
async function joined(t: TestContext): Promise<Member & { io: Server }> {
  const { io, port } = await serve(t);
  const member = await join(io, port);
  io.emit("first");
  assert.deepEqual(await member.peer.receive(1), ['42["first"]']);
  return { io, ...member };
}

/** How often the engine's sockets are asked to write, whoever they are. */
function countWrites(t: TestContext, { conn }: Socket): { count: number } {
  const prototype = Object.getPrototypeOf(conn) as typeof conn;
  const calls = t.mock.method(prototype, "write").mock;
  return {
    get count() {
      return calls.callCount();
    },
  };
}

describe("the short way of a broadcast", () => {
  test("is taken from the second on, and by as many as are sent in a tick", async (t) => {
    const { io, peer, socket } = await joined(t);
    // Replaced methods are called: so this is counted before the socket has looked.
    const writes = countWrites(t, socket);
    for (let at = 0; at < 5; at++) io.emit("n", at);
    assert.equal((await peer.receive(5)).at(-1), '42["n",4]');
    assert.equal(writes.count, 0);
  });

  for (const seed of [1, 2, 3]) {
    test(`keeps the order of all that is sent, whatever its size (seed ${seed})`, async (t) => {
      const { io, peer, socket } = await joined(t);
      const random = new Random(seed);
      const expected: (string | Buffer)[] = [];
      for (let at = 0; at < 300; at++) {
        const text = "x".repeat(random.pick([1, 100, 9_000, 17_000, 70_000]));
        switch (random.pick(["all", "all", "all", "one", "bytes", "volatile", "tick"])) {
          case "all":
            io.emit("all", at, text);
            expected.push(`42["all",${at},"${text}"]`);
            break;
          case "one":
            socket.emit("one", at, text);
            expected.push(`42["one",${at},"${text}"]`);
            break;
          case "bytes":
            io.emit("bytes", at, Buffer.from(text));
            expected.push(`451-["bytes",${at},{"_placeholder":true,"num":0}]`, Buffer.from(text));
            break;
          case "volatile":
            if (!socket.conn.transport.writable) break;
            io.volatile.emit("volatile", at);
            expected.push(`42["volatile",${at}]`);
            break;
          default:
            await new Promise((resolve) => setImmediate(resolve));
        }
      }
      for (const [at, message] of (await peer.receive(expected.length)).entries()) {
        // Not deepEqual: a difference of 70,000 characters is nothing to read.
        assert.ok(message.length === expected[at]!.length && String(message) === String(expected[at]), `message ${at}`);
      }
    });
  }

  test("opens again once a message that had to wait is out", async (t) => {
    const { io, peer, socket } = await joined(t);
    io.emit("long", "x".repeat(100_000));
    io.emit("behind it");
    assert.equal((await peer.receive(2)).at(-1), '42["behind it"]');
    await socket.drained();
    const writes = countWrites(t, socket);
    for (let at = 0; at < 2; at++) io.emit("n", at);
    await peer.receive(2);
    assert.ok(writes.count <= 1);
  });

  test("ends where the peer has to be waited for: the rest is in the session, where it is counted", async (t) => {
    const { io, peer, socket } = await joined(t);
    for (let at = 0; at < 20; at++) io.emit("n", "x".repeat(1000));
    // 16 KiB, and the message that makes them full, are below.
    assert.equal((socket.conn as unknown as { bufferedPackets: number }).bufferedPackets, 3);
    assert.equal((await peer.receive(20)).length, 20);
  });

  test("is not for a client that begins by polling, until it has moved", async (t) => {
    const { io, port } = await serve(t);
    const polling = new RawPolling(port);
    await polling.handshake();
    await polling.post("40");
    await polling.receive(1);
    io.emit("n", 0);
    io.emit("n", 1);
    assert.deepEqual(await polling.receive(2), ['42["n",0]', '42["n",1]']);
    const websocket = await new RawWebSocket(port, `&sid=${polling.sid}`).opened();
    websocket.send("2probe");
    assert.deepEqual(await websocket.receive(1), ["3probe"]);
    const [socket] = io.sockets.sockets.values() as Iterable<Socket> as [Socket];
    // Listeners of `upgrade` run before what was queued meanwhile has left.
    socket.conn.on("upgrade", () => {
      io.emit("n", 4);
      io.emit("n", 5);
    });
    io.emit("n", 2);
    io.emit("n", 3);
    websocket.send("5");
    // No GET is there to be answered: all of it waits for the new transport.
    assert.deepEqual(await websocket.receive(4), ['42["n",2]', '42["n",3]', '42["n",4]', '42["n",5]']);
  });
});

describe("a broadcast is seen", () => {
  for (const [whose, event] of [
    ["connection", "packetCreate"],
    ["connection", "flush"],
    ["connection", "drain"],
    ["engine", "flush"],
    ["engine", "drain"],
  ] as const) {
    test(`by who begins to listen to ${event} of the ${whose}`, async (t) => {
      const { io, peer, socket } = await joined(t);
      io.emit("n", 1);
      await peer.receive(1);
      let heard = 0;
      (whose === "engine" ? io.engine : socket.conn).on(event, () => heard++);
      // Of its own: that goes the long way, and must not open the short one.
      socket.emit("n", 2);
      io.emit("n", 3);
      assert.equal((await peer.receive(2)).at(-1), '42["n",3]');
      const seen = heard;
      io.emit("n", 4);
      await peer.receive(1);
      assert.ok(heard > seen);
    });
  }

  test("by who replaces the method that writes, when a client comes", async (t) => {
    const { io, port } = await serve(t);
    const seen: unknown[] = [];
    io.on("connection", ({ conn }) => {
      const write = conn.write.bind(conn);
      conn.write = (...args: Parameters<typeof write>) => {
        seen.push(args[0]);
        return write(...args);
      };
    });
    const { peer } = await join(io, port);
    for (let at = 0; at < 3; at++) io.emit("n", at);
    await peer.receive(3);
    assert.deepEqual(seen, ['2["n",0]', '2["n",1]', '2["n",2]']);
  });

  test("by nobody whose connection is closing", async (t) => {
    const { io, peer, socket } = await joined(t);
    io.emit("n", 1);
    socket.conn.close();
    io.emit("n", 2);
    assert.deepEqual(await peer.receive(2), ['42["n",1]', "closed 1005"]);
  });
});
