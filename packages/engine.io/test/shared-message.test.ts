import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions, Socket } from "engine.io";
import type { SessionTransport } from "engine.io-parser/session";
import { WebSocket, WebSocketServer } from "ws";
import type { RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { writtenBuffers } from "../../../tests/support/written-buffers.ts";
import { PATH, pollingSession, serve, websocketSession, type Served } from "./support.ts";

interface Receiver {
  readonly peer: RawWebSocket;
  readonly socket: Socket;
  /** What was written to it, call by call. */
  readonly written: Buffer[][];
}

async function receiver(served: Served, query?: string): Promise<Receiver> {
  const [peer, socket] = await websocketSession(served, query);
  const { _socket } = (socket.transport as unknown as { socket: { _socket: Duplex } }).socket;
  return { peer, socket, written: writtenBuffers(_socket) };
}

async function receivers(t: TestContext, count: number, options?: ServerOptions): Promise<Receiver[]> {
  const served = await serve(t, options);
  const all: Receiver[] = [];
  while (all.length < count) all.push(await receiver(served));
  return all;
}

const bufferedBytes = ({ transport }: Socket): number => (transport as unknown as SessionTransport).bufferedBytes!;

const frameOf = (text: string): Buffer[] => [Buffer.from([0x81, text.length]), Buffer.from(text)];

for (const [binding, options] of [
  ["our own endpoint", {}],
  ["ws", { wsEngine: WebSocketServer }],
] as const) {
  describe(`a message for many receivers, by ${binding}`, () => {
    test("is framed once, text and bytes, and the same memory is written to all", async (t) => {
      const all = await receivers(t, 3, options);
      for (const message of ["hé", Buffer.from([1, 2, 3])]) {
        const shared = { preEncoded: true };
        for (const { socket } of all) socket.send(message, shared);
        for (const { peer, written } of all) {
          const [received] = await peer.receive(1);
          assert.deepEqual(received, typeof message === "string" ? `4${message}` : message);
          assert.equal(written.length, 1);
          assert.equal(written[0]![0], all[0]!.written[0]![0]);
        }
        for (const { written } of all) written.pop();
      }
    });

    test("long bytes are not copied at all", async (t) => {
      const all = await receivers(t, 2, options);
      const list = [Buffer.alloc(20_000, 7)];
      const shared = { preEncoded: true };
      for (const { socket } of all) for (const data of list) socket.send(data, shared);
      for (const { peer, written } of all) {
        assert.deepEqual(await peer.receive(1), list);
        assert.equal(written.flat().at(-1), list[0]);
      }
    });

    test("a frame that was made beforehand is written as it is", async (t) => {
      const [{ peer, socket, written }] = (await receivers(t, 1, options)) as [Receiver];
      const wsPreEncodedFrame = frameOf("4made beforehand");
      socket.send("not looked at", { wsPreEncodedFrame });
      assert.deepEqual(await peer.receive(1), ["4made beforehand"]);
      assert.deepEqual(Buffer.concat(written.flat()), Buffer.concat(wsPreEncodedFrame));
    });

    test("text that was encoded beforehand is sent as it is", async (t) => {
      const [{ peer, socket }] = (await receivers(t, 1, options)) as [Receiver];
      socket.send("not looked at", { wsPreEncoded: "4made beforehand" });
      assert.deepEqual(await peer.receive(1), ["4made beforehand"]);
    });

    test("nothing is sent to a session that is closing", async (t) => {
      const [{ peer, socket }] = (await receivers(t, 1, options)) as [Receiver];
      socket.close();
      socket.send("late", { preEncoded: true });
      assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    });
  });
}

describe("a message for many receivers", () => {
  test("takes the form that each client needs: bytes, base64, revision 3, polling", async (t) => {
    const served = await serve(t, { allowEIO3: true });
    const [plain, base64] = [await receiver(served), await receiver(served, "&b64=1")];
    const [poller, polled] = await pollingSession(served);
    const connection = served.connection();
    const old = new WebSocket(`ws://127.0.0.1:${served.port}${PATH}?EIO=3&transport=websocket`);
    const heard: unknown[] = [];
    old.on("message", (data, isBinary) => heard.push(isBinary ? data : (data as Buffer).toString()));
    const revision3 = await connection;
    const list = ["text", Buffer.from([1, 2])];
    const shared = { preEncoded: true };
    for (const socket of [plain.socket, base64.socket, polled, revision3]) {
      for (const data of list) socket.send(data, shared);
    }
    assert.deepEqual(await plain.peer.receive(2), ["4text", Buffer.from([1, 2])]);
    assert.deepEqual(await base64.peer.receive(2), ["4text", "bAQI="]);
    assert.deepEqual(await poller.receive(2), ["4text", "bAQI="]);
    while (heard.length < 3) await once(old, "message");
    assert.deepEqual(heard.slice(1), ["4text", Buffer.from([4, 1, 2])]);
    old.terminate();
  });

  test("a Blob is read first, and what follows waits for it", async (t) => {
    const all = await receivers(t, 2);
    const list = ["a", new Blob([Buffer.from([1])]), "b"];
    const shared = { preEncoded: true };
    for (const { socket } of all) for (const data of list) socket.send(data, shared);
    for (const { peer } of all) assert.deepEqual(await peer.receive(3), ["4a", Buffer.from([1]), "4b"]);
  });

  test("the same options may serve for ever: each message arrives as what it is", async (t) => {
    const [{ peer, socket }] = (await receivers(t, 1)) as [Receiver];
    const shared = { preEncoded: true };
    const words = Array.from({ length: 100 }, (_, at) => `word ${at % 20}`);
    for (const word of words) socket.send(word, shared);
    assert.deepEqual(
      await peer.receive(100),
      words.map((word) => `4${word}`),
    );
  });

  test("counts for each receiver as bytes that have not left", async (t) => {
    const all = await receivers(t, 2);
    const list = ["x".repeat(1000)];
    const shared = { preEncoded: true };
    for (const { socket } of all) for (const data of list) socket.send(data, shared);
    // With the type of the packet and the header of the frame.
    for (const { socket } of all) assert.equal(bufferedBytes(socket), 1005);
    for (const { peer, socket } of all) {
      await peer.receive(1);
      assert.equal(bufferedBytes(socket), 0);
    }
  });

  test("what a listener of packetCreate changes holds for its socket alone", async (t) => {
    const [first, second] = (await receivers(t, 2)) as [Receiver, Receiver];
    const created: unknown[] = [];
    first.socket.on("packetCreate", (packet: { data: unknown; options: object }) => {
      created.push(JSON.parse(JSON.stringify(packet)));
      packet.data = "changed";
      packet.options = {};
    });
    const shared = { preEncoded: true, compress: false };
    for (const { socket } of [first, second]) socket.send("a", shared);
    assert.deepEqual(await first.peer.receive(1), ["4changed"]);
    assert.deepEqual(await second.peer.receive(1), ["4a"]);
    assert.deepEqual(created, [{ type: "message", data: "a", options: { preEncoded: true, compress: false } }]);
    assert.deepEqual(JSON.parse(JSON.stringify(shared)), { preEncoded: true, compress: false, _shared: {} });
  });

  test("is compressed for those who asked for it, whatever frame was made beforehand", async (t) => {
    const served = await serve(t, { perMessageDeflate: { threshold: 0 } });
    const peer = new WebSocket(`ws://127.0.0.1:${served.port}${PATH}?EIO=4&transport=websocket`);
    const connection = served.connection();
    const heard = once(peer, "message");
    const socket = await connection;
    await heard;
    const { _socket } = (socket.transport as unknown as { socket: { _socket: Duplex } }).socket;
    const written = writtenBuffers(_socket);
    const next = once(peer, "message");
    socket.send("x".repeat(100), { preEncoded: true, wsPreEncodedFrame: frameOf("4not this") });
    assert.equal(String((await next)[0]), `4${"x".repeat(100)}`);
    // RSV1, and fewer bytes than letters (RFC 7692 section 6).
    const sent = Buffer.concat(written.flat());
    assert.equal(sent[0], 0xc1);
    assert.ok(sent.length < 50);
    peer.terminate();
  });
});

test("a WebSocket of another make, without the inside of ws, is handed messages and not frames", async (t) => {
  class Closed extends WebSocketServer {
    override handleUpgrade(...request: Parameters<WebSocketServer["handleUpgrade"]>): void {
      const [req, socket, head, done] = request;
      super.handleUpgrade(req, socket, head, (ws, incoming) => {
        const hide = (target: WebSocket, name: string | symbol): unknown => {
          const value: unknown = name === "_sender" ? undefined : Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        };
        done(new Proxy(ws, { get: hide }), incoming);
      });
    }
  }
  const served = await serve(t, { wsEngine: Closed });
  const peer = new WebSocket(`ws://127.0.0.1:${served.port}${PATH}?EIO=4&transport=websocket`);
  const [socket] = await Promise.all([served.connection(), once(peer, "message")]);
  const next = once(peer, "message");
  socket.send("a", { preEncoded: true, wsPreEncodedFrame: frameOf("4b") });
  assert.equal(String((await next)[0]), "4a");
  peer.terminate();
});
