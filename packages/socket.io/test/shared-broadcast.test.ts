import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { describe, test } from "node:test";
import type { Server, ServerOptions, Socket } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { writtenBuffers } from "../../../tests/support/written-buffers.ts";
import { serve } from "./support/serve.ts";

/** Upstream's adapter is one of a third party for us. */
const peers = createRequire(new URL("../../../peers/package.json", import.meta.url));
const upstream = createRequire(peers.resolve("socket.io"))("socket.io-adapter") as { Adapter: typeof Adapter };

interface Member {
  readonly peer: RawWebSocket;
  readonly socket: Socket;
  readonly written: Buffer[][];
}

async function join(io: Server, port: number): Promise<Member> {
  const connection = once(io, "connection") as Promise<[Socket]>;
  const peer = await new RawWebSocket(port).opened();
  peer.send("40");
  await peer.receive(2);
  const [socket] = await connection;
  const { _socket } = (socket.conn.transport as unknown as { socket: { _socket: Duplex } }).socket;
  return { peer, socket, written: writtenBuffers(_socket) };
}

/** What the engine is given for a socket. */
function optionsGiven(socket: Socket): object[] {
  const given: object[] = [];
  const { client } = socket;
  const write = client.writeToEngine.bind(client);
  client.writeToEngine = (encoded, options) => {
    given.push(options);
    write(encoded, options);
  };
  return given;
}

for (const [name, options] of [
  ["our adapter", {}],
  ["an adapter of a third party", { adapter: upstream.Adapter as unknown as ServerOptions["adapter"] }],
] as const) {
  describe(`a broadcast by ${name}`, () => {
    test("is framed once, with its attachments: the same memory is written to all", async (t) => {
      const { io, port } = await serve(t, options);
      const members = [await join(io, port), await join(io, port), await join(io, port)];
      io.emit("bytes", Buffer.alloc(20_000, 1), "é");
      const header = '451-["bytes",{"_placeholder":true,"num":0},"é"]';
      for (const { peer, written } of members) {
        assert.deepEqual(await peer.receive(2), [header, Buffer.alloc(20_000, 1)]);
        const first = members[0]!.written.flat();
        assert.equal(written.flat().length, first.length);
        for (const [at, part] of written.flat().entries()) assert.equal(part, first[at]);
      }
    });

    test("that is one text comes with its frame; one with attachments does not", async (t) => {
      const { io, port } = await serve(t, options);
      const { peer, socket } = await join(io, port);
      const given = optionsGiven(socket);
      io.emit("hé");
      io.emit("b", Buffer.from([1]));
      assert.deepEqual(await peer.receive(3), [
        '42["hé"]',
        '451-["b",{"_placeholder":true,"num":0}]',
        Buffer.from([1]),
      ]);
      const [text, bytes] = given as { wsPreEncodedFrame?: Buffer[] }[];
      // Text, final, not masked, not compressed; the length; and what it carries (RFC 6455 section 5.2).
      const expected = Buffer.from([0x81, 9, ...Buffer.from('42["hé"]')]);
      assert.deepEqual(Buffer.concat(text!.wsPreEncodedFrame!), expected);
      assert.equal(bytes!.wsPreEncodedFrame, undefined);
    });

    test("reaches polling and WebSocket peers alike, in the order of other packets", async (t) => {
      const { io, port } = await serve(t, options);
      const { peer, socket } = await join(io, port);
      const polling = new RawPolling(port);
      await polling.handshake();
      await polling.post("40");
      await polling.receive(1);
      socket.emit("before");
      io.emit("all", 1);
      socket.emit("between");
      io.emit("all", 2);
      assert.deepEqual(await peer.receive(4), ['42["before"]', '42["all",1]', '42["between"]', '42["all",2]']);
      assert.deepEqual(await polling.receive(2), ['42["all",1]', '42["all",2]']);
    });

    test("ten in a tick leave in one write, which all share", async (t) => {
      const { io, port } = await serve(t, options);
      const members = [await join(io, port), await join(io, port)];
      for (let at = 0; at < 10; at++) io.emit("n", at);
      for (const { peer, written } of members) {
        assert.equal((await peer.receive(10)).at(-1), '42["n",9]');
        assert.equal(written.length, 1);
        assert.equal(written[0]![0], members[0]!.written[0]![0]);
      }
    });

    test("volatile, it passes by who cannot take it", async (t) => {
      const { io, port } = await serve(t, options);
      const [slow, quick] = [await join(io, port), await join(io, port)];
      const { transport } = slow.socket.conn;
      Object.defineProperty(transport, "writable", { value: false, configurable: true });
      io.volatile.emit("gone");
      delete (transport as { writable?: boolean }).writable;
      io.emit("kept");
      assert.deepEqual(await slow.peer.receive(1), ['42["kept"]']);
      assert.deepEqual(await quick.peer.receive(2), ['42["gone"]', '42["kept"]']);
    });
  });
}

test("an adapter of an older make sends encoded packets through its sockets", async (t) => {
  const { io, port } = await serve(t);
  const members = [await join(io, port), await join(io, port)];
  const encoded = ['2["old"]'];
  const options = { preEncoded: true, volatile: undefined, compress: undefined };
  for (const { socket } of members) socket.packet(encoded, options);
  for (const { peer, written } of members) {
    assert.deepEqual(await peer.receive(1), ['42["old"]']);
    assert.equal(written[0]![0], members[0]!.written[0]![0]);
  }
});
