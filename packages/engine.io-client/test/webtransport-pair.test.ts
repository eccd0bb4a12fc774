import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import fc from "fast-check";
import { Server, type ServerOptions, type Socket as ServerSocket } from "engine.io";
import type { Socket, SocketOptions } from "engine.io-client";
import { createServer } from "node:http";
import { listening } from "../../../tests/support/listening.ts";
import { installWebTransport, type Cut, type MemoryWebTransport } from "../../../tests/support/memory-webtransport.ts";
import { connect, event, messages } from "./support/events.ts";

/** Our client and our server, over sessions in memory. */
interface Pair {
  readonly client: Socket;
  readonly server: ServerSocket;
  readonly session: MemoryWebTransport;
}

interface Options {
  readonly cut?: Cut;
  readonly client?: SocketOptions;
  readonly server?: ServerOptions;
}

async function start(t: TestContext, { cut, client, server }: Options = {}): Promise<Pair> {
  const engine = new Server({ transports: ["webtransport"], ...server });
  t.after(() => engine.close());
  const { sessions } = installWebTransport(t, (session) => engine.onWebTransportSession(session), cut);
  const connection = event(engine, "connection");
  const socket = connect(t, "http://localhost:3000", { transports: ["webtransport"], ...client });
  const opened = event(socket, "open");
  const [accepted] = await connection;
  await opened;
  return { client: socket, server: accepted as ServerSocket, session: sessions[0]! };
}

/** Cuts at the given places, again and again; 0 and what lies behind the end cut nothing. */
function cutter(lengths: readonly number[]): Cut {
  let next = 0;
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = lengths[next++ % lengths.length]! || bytes.length;
      pieces.push(bytes.slice(at, at + length));
      at += length;
    }
    return pieces;
  };
}

const message = fc.oneof(
  fc.string({ unit: "grapheme" }).map((text) => text || "x"),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.nat({ max: 70_000 }).map((length) => Buffer.alloc(length, 7)),
);

describe("webtransport: our client and our server", { timeout: 120_000 }, () => {
  test("carry any messages both ways, in order, however the stream is cut", async (t) => {
    const property = fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 8 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 5_000 })), {
        minLength: 1,
        maxLength: 6,
      }),
      async (list, lengths) => {
        // Pieces of one byte each would be 70,000 for the largest message.
        const cut = cutter([...lengths, 5_000]);
        const { client, server } = await start(t, { cut });
        const up = messages(server, list.length);
        const down = messages(client, list.length);
        for (const data of list) {
          client.send(data);
          server.send(data);
        }
        assert.deepEqual(await up, list);
        assert.deepEqual(await down, list);
        client.close();
        await event(server, "close");
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test("understand each other byte by byte", async (t) => {
    const { client, server } = await start(t, { cut: cutter([1]) });
    const up = messages(server, 2);
    const down = messages(client, 2);
    client.send("€").send(Buffer.alloc(300, 1));
    server.send("€").send(Buffer.alloc(300, 2));
    assert.deepEqual(await up, ["€", Buffer.alloc(300, 1)]);
    assert.deepEqual(await down, ["€", Buffer.alloc(300, 2)]);
  });

  for (const closer of ["client", "server"] as const) {
    test(`the ${closer}'s close(): what it sent arrives, and both sides say why it ended`, async (t) => {
      const { client, server, session } = await start(t);
      const [closing, other] = closer === "client" ? [client, server] : [server, client];
      const received = messages(other, 1);
      const otherEnd = event(other, "close");
      const ownEnd = event(closing, "close");
      closing.send("last words");
      closing.close();
      assert.deepEqual(await received, ["last words"]);
      assert.deepEqual((await otherEnd)[0], "transport close");
      assert.deepEqual((await ownEnd)[0], "forced close");
      await session.closed;
    });
  }

  test("a message above maxHttpBufferSize closes the session on both sides", async (t) => {
    const { client, server } = await start(t, { server: { maxHttpBufferSize: 1_000 } });
    const serverEnd = event(server, "close");
    const clientEnd = event(client, "close");
    client.send("x".repeat(1_000));
    assert.equal((await serverEnd)[0], "parse error");
    assert.match((await clientEnd)[0], /^transport (close|error)$/);
  });

  test("a network that goes silent ends both sides by the heartbeat", async (t) => {
    const { client, server, session } = await start(t, { server: { pingInterval: 30, pingTimeout: 30 } });
    session.silence();
    const ends = await Promise.all([event(client, "close"), event(server, "close")]);
    assert.ok(ends.some(([reason]) => reason === "ping timeout"));
  });

  test("heartbeats keep an idle session open", async (t) => {
    const { client, server } = await start(t, { server: { pingInterval: 10, pingTimeout: 5_000 } });
    for (let beats = 0; beats < 3; beats++) await event(server, "heartbeat");
    assert.equal(client.readyState, "open");
  });

  test("upgrade from polling: messages of both sides arrive once and in order", async (t) => {
    const http = createServer();
    const engine = new Server({ transports: ["polling", "webtransport"] });
    engine.attach(http);
    const port = await listening(t, http, engine);
    installWebTransport(t, (session) => engine.onWebTransportSession(session), cutter([3, 1, 100]));
    const connection = event(engine, "connection");
    const client = connect(t, `http://127.0.0.1:${port}`);
    const [server] = (await connection) as [ServerSocket];
    const list = Array.from({ length: 60 }, (_, at) => `m${at}`);
    const up = messages(server, list.length);
    const down = messages(client, list.length);
    const upgraded = event(client, "upgrade");
    const sendBoth = (text: string): void => {
      client.send(text);
      server.send(text);
    };
    for (const text of list.slice(0, 20)) sendBoth(text);
    await event(server, "upgrading");
    for (const text of list.slice(20, 40)) sendBoth(text);
    assert.equal((await upgraded)[0].name, "webtransport");
    for (const text of list.slice(40)) sendBoth(text);
    assert.deepEqual(await up, list);
    assert.deepEqual(await down, list);
    assert.equal(server.transport.name, "webtransport");
  });
});
