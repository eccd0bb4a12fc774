import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { describe, type TestContext } from "node:test";
import type { Server, ServerOptions } from "socket.io";
import { listen } from "../support/listening.ts";
import { http, normalised, RawPolling, RawWebSocket, tcp } from "../support/raw-peer.js";
import { homes, loadServer, type Maker, serverPackages } from "./implementations.js";

// The exchanges of the wire reference, sections 8.1 to 8.4 and 8.6, spoken by hand; upstream as the referee.

const open = (upgrades: string): string =>
  `0{"sid":"<id>","upgrades":[${upgrades}],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`;

/** A hung exchange fails instead of holding up the suite. */
const limits = { timeout: 10_000 };

const connected = '40{"sid":"<id>"}';

const placeholder = (num: number): string => `{"_placeholder":true,"num":${num}}`;

const binBack = `452-["bin-back",${placeholder(0)},{"nested":[${placeholder(1)}]}]`;

for (const maker of ["ours", "upstream"] as const) {
  describe(`bytes of the ${maker} server`, () => {
    test("the server is the one that is meant, by real path", () => {
      loadServer(maker);
      for (const { entry, loaded } of serverPackages(maker)) {
        assert.ok(entry.startsWith(homes[maker]), entry);
        assert.equal(loaded, true, entry);
      }
    });

    test("8.1: events, acks and binary over polling", limits, async (t) => {
      const { port } = await serve(t, maker);
      const peer = new RawPolling(port);
      assert.equal(normalised([await peer.handshake()])[0], open('"websocket"'));
      await posted(peer, "40");
      assert.deepEqual(normalised(await peer.receive(1)), [connected]);
      await posted(peer, '42["plain",1,"two",null,{"a":[true]}]');
      await posted(peer, '420["hello","€"]');
      assert.deepEqual(await peer.receive(1), ['430["world","€"]']);
      // The header and its attachment may come in different bodies.
      await posted(peer, `451-["bin",${placeholder(0)}]`);
      await posted(peer, "bAQID");
      assert.deepEqual(await peer.receive(3), [binBack, "bAQID", "bAQID"]);
      await posted(peer, `451-1["bin",${placeholder(0)}]`, "bBAU=");
      const binaryAck = [`461-1[${placeholder(0)}]`, "bBAU="];
      assert.deepEqual(await peer.receive(5), [binBack, "bBAU=", "bBAU=", ...binaryAck]);
      await posted(peer, '42["ask"]');
      assert.deepEqual(await peer.receive(1), ['420["question",1]']);
      await posted(peer, "430[2]");
      assert.deepEqual(await peer.receive(1), ['42["answer",2]']);
      const held = peer.poll();
      await posted(peer, "41");
      await posted(peer, "1");
      assert.equal((await held).body, "6");
      const { status, body } = await peer.poll();
      assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
    });

    test("8.1: the answers of polling carry these headers", limits, async (t) => {
      const { port } = await serve(t, maker);
      const opening = await http(port, "GET", "/socket.io/?EIO=4&transport=polling");
      assert.equal(opening.headers["content-type"], "text/plain; charset=UTF-8");
      assert.equal(opening.headers["content-length"], String(Buffer.byteLength(opening.body)));
      assert.equal(opening.headers["cache-control"], "no-store");
      const { sid } = JSON.parse(opening.body.slice(1)) as { sid: string };
      const post = await http(port, "POST", `/socket.io/?EIO=4&transport=polling&sid=${sid}`, "40");
      assert.deepEqual([post.status, post.body], [200, "ok"]);
      assert.equal(post.headers["content-type"], "text/html");
      assert.equal(post.headers["content-length"], "2");
    });

    test("8.2: events, acks and binary over WebSocket", limits, async (t) => {
      const { port } = await serve(t, maker);
      const peer = websocket(t, port);
      await peer.opened();
      assert.deepEqual(normalised(await peer.receive(1)), [open("")]);
      peer.send("40");
      assert.deepEqual(normalised(await peer.receive(1)), [connected]);
      peer.send('42["plain",1,"two",null,{"a":[true]}]', '420["hello","€"]');
      assert.deepEqual(await peer.receive(1), ['430["world","€"]']);
      const first = Buffer.from([1, 2, 3]);
      peer.send(`451-["bin",${placeholder(0)}]`, first);
      assert.deepEqual(await peer.receive(3), [binBack, first, first]);
      const second = Buffer.from([4, 5]);
      peer.send(`451-1["bin",${placeholder(0)}]`, second);
      assert.deepEqual(await peer.receive(5), [binBack, second, second, `461-1[${placeholder(0)}]`, second]);
      peer.send('42["ask"]');
      assert.deepEqual(await peer.receive(1), ['420["question",1]']);
      peer.send("430[2]");
      assert.deepEqual(await peer.receive(1), ['42["answer",2]']);
      peer.send("41");
      peer.close();
      assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    });

    test("8.3: the upgrade from polling to WebSocket", limits, async (t) => {
      const { port } = await serve(t, maker);
      const polling = new RawPolling(port);
      await polling.handshake();
      await posted(polling, "40");
      assert.deepEqual(normalised(await polling.receive(1)), [connected]);
      const held = polling.poll();
      const peer = websocket(t, port, `&sid=${polling.sid}`);
      await peer.opened();
      peer.send("2probe");
      assert.deepEqual(await peer.receive(1), ["3probe"]);
      // The held GET is released, so that the client can leave polling.
      assert.equal((await held).body, "6");
      peer.send("5", '42["plain",1]', '420["hello","x"]');
      assert.deepEqual(await peer.receive(1), ['430["world","x"]']);
      const bytes = Buffer.from([1, 2, 3]);
      peer.send(`451-["bin",${placeholder(0)}]`, bytes);
      assert.deepEqual(await peer.receive(3), [binBack, bytes, bytes]);
      const { status, body } = await polling.poll();
      assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
      peer.send("41");
      peer.close();
      assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    });

    test("8.4: auth, namespaces and refusals over WebSocket", limits, async (t) => {
      const { io, port } = await serve(t, maker);
      io.of("/admin").on("connection", (socket) => socket.emit("auth", socket.handshake.auth));
      io.of("/mw").use((_, next) => next(Object.assign(new Error("not authorized"), { data: { code: 42 } })));
      const peer = websocket(t, port);
      await peer.opened();
      await peer.receive(1);
      peer.send('40/admin,{"token":"abc"}');
      assert.deepEqual(normalised(await peer.receive(2)), [
        '40/admin,{"sid":"<id>"}',
        '42/admin,["auth",{"token":"abc"}]',
      ]);
      peer.send("40/nope,");
      assert.deepEqual(await peer.receive(1), ['44/nope,{"message":"Invalid namespace"}']);
      peer.send("40/mw,");
      assert.deepEqual(await peer.receive(1), ['44/mw,{"message":"not authorized","data":{"code":42}}']);
      peer.send("40");
      assert.deepEqual(normalised(await peer.receive(1)), [connected]);
      peer.send("41/admin,", '420["hello","still here"]');
      assert.deepEqual(await peer.receive(1), ['430["world","still here"]']);
    });

    test("8.6: the server disconnects a socket, then a connection", limits, async (t) => {
      const { io, port } = await serve(t, maker);
      io.on("connection", (socket) => socket.disconnect());
      io.of("/x").on("connection", (socket) => socket.disconnect(true));
      const first = websocket(t, port);
      await first.opened();
      first.send("40");
      assert.deepEqual(normalised(await first.receive(3)), [open(""), connected, "41"]);
      first.close();
      assert.deepEqual(await first.receive(1), ["closed 1005"]);
      const second = websocket(t, port);
      await second.opened();
      second.send("40/x,");
      const messages = normalised(await second.receive(4));
      assert.deepEqual(messages, [open(""), '40/x,{"sid":"<id>"}', "41/x,", "closed 1005"]);
    });

    test("a broadcast is the same text for every receiver, with one ack id for all", limits, async (t) => {
      const { io, port } = await serve(t, maker);
      const peers = [websocket(t, port), websocket(t, port)];
      for (const peer of peers) {
        await peer.opened();
        peer.send("40");
        await peer.receive(2);
      }
      io.emit("news", 1, { é: [null] });
      io.emit("bin", Buffer.from("b"));
      const answers = io.timeout(9000).emitWithAck("vote");
      for (const [n, peer] of peers.entries()) {
        const expected = [
          '42["news",1,{"é":[null]}]',
          `451-["bin",${placeholder(0)}]`,
          Buffer.from("b"),
          '420["vote"]',
        ];
        assert.deepEqual(await peer.receive(4), expected);
        peer.send(`430[${n}]`);
      }
      assert.deepEqual((await answers).toSorted(), [0, 1]);
    });

    for (const [what, message] of [
      ["an unknown packet type", "47"],
      ["an event that is no array", '42{"a":1}'],
      ["a reserved event name", '42["disconnect"]'],
      ["JSON that is cut off", '42["a'],
      ["an attachment count that is none", '45x-["a"]'],
      ["more attachments than ten", `4511-["a",${placeholder(0)}]`],
      ["text instead of an attachment", `451-["a",${placeholder(0)}]\n42["b"]`],
      ["a second CONNECT", "40"],
      ["an event of a namespace that was not joined", '42/other,["a"]'],
      ["a CONNECT_ERROR from a client", '44{"message":"no"}'],
    ] as const) {
      test(`${what} ends the connection with a close frame`, limits, async (t) => {
        const { io, port } = await serve(t, maker);
        const gone = new Promise((resolve) => {
          io.on("connection", (socket) => socket.on("disconnect", resolve));
        });
        const peer = websocket(t, port);
        await peer.opened();
        peer.send("40");
        await peer.receive(2);
        peer.send(...message.split("\n"));
        assert.deepEqual(await peer.receive(1), ["closed 1005"]);
        assert.equal(await gone, "forced close");
      });
    }

    for (const [what, method, path, status, body] of [
      ["an unknown transport", "GET", "?EIO=4&transport=nope", 400, '{"code":0,"message":"Transport unknown"}'],
      ["no query", "GET", "", 400, '{"code":0,"message":"Transport unknown"}'],
      ["an unknown sid", "GET", "?EIO=4&transport=polling&sid=x", 400, '{"code":1,"message":"Session ID unknown"}'],
      ["a POST handshake", "POST", "?EIO=4&transport=polling", 400, '{"code":2,"message":"Bad handshake method"}'],
      ["a WebSocket by plain GET", "GET", "?EIO=4&transport=websocket", 400, '{"code":3,"message":"Bad request"}'],
      ["revision 3", "GET", "?EIO=3&transport=polling", 400, '{"code":5,"message":"Unsupported protocol version"}'],
    ] as const) {
      test(`${what} is answered ${status} ${body}`, limits, async (t) => {
        const { port } = await serve(t, maker);
        const answer = await http(port, method, `/socket.io/${path}`);
        assert.deepEqual([answer.status, answer.body], [status, body]);
        assert.equal(answer.headers["content-type"], "application/json");
      });
    }

    test("allowRequest's refusal is answered 403 with its own message", limits, async (t) => {
      const { port } = await serve(t, maker, { allowRequest: (_, answer) => answer("not today", false) });
      const answer = await http(port, "GET", "/socket.io/?EIO=4&transport=polling");
      assert.deepEqual([answer.status, answer.body], [403, '{"code":4,"message":"not today"}']);
    });

    test("a refused upgrade is answered with these bytes", limits, async (t) => {
      const { port } = await serve(t, maker);
      const head = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
      const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
      const answer = await tcp(port, `GET /socket.io/?EIO=4&transport=nope HTTP/1.1\r\n${head}\r\n${key}\r\n\r\n`);
      const expected = "Connection: close\r\nContent-type: text/html\r\nContent-Length: 17\r\n\r\nTransport unknown";
      assert.equal(answer, `HTTP/1.1 400 Bad Request\r\n${expected}`);
    });
  });
}

/** The server of sections 8.1 to 8.3, closed after the test. */
async function serve(
  t: TestContext,
  maker: Maker,
  options: Partial<ServerOptions> = {},
): Promise<{ io: Server; port: number }> {
  const server = createServer();
  const io = new (loadServer(maker).Server)(server, options);
  io.on("connection", (socket) => {
    socket.on("hello", (text, answer) => answer("world", text));
    socket.on("bin", (bytes, answer) => {
      socket.emit("bin-back", bytes, { nested: [bytes] });
      answer?.(bytes);
    });
    socket.on("ask", () => socket.emit("question", 1, (n: number) => socket.emit("answer", n)));
  });
  const port = await listen(server);
  t.after(async () => {
    const closed = io.close();
    server.closeAllConnections();
    await closed;
  });
  return { io, port };
}

function websocket(t: TestContext, port: number, query?: string): RawWebSocket {
  const peer = new RawWebSocket(port, query);
  t.after(() => peer.terminate());
  return peer;
}

async function posted(peer: RawPolling, ...packets: string[]): Promise<void> {
  const { status, body } = await peer.post(...packets);
  assert.deepEqual([status, body], [200, "ok"]);
}
