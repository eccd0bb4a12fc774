import assert from "node:assert/strict";
import test from "node:test";
import { Decoder, type Packet } from "socket.io-parser";
import { DecoderPool, type PacketReceiver } from "../src/decoder-pool.ts";
import { serve, ticks } from "./support/fake-engine.ts";

class Receiver implements PacketReceiver {
  readonly packets: Packet[] = [];
  _onPacket(packet: Packet): void {
    this.packets.push(packet);
  }
}

const ANNOUNCED = '51-["a",{"_placeholder":true,"num":0}]';

test("between packets a decoder serves one after the other", () => {
  const pool = new DecoderPool(Decoder);
  const [first, second] = [new Receiver(), new Receiver()];
  const decoder = pool.lend(first);
  decoder.add('2["a"]');
  assert.equal(pool.takeBack(decoder), true);
  assert.equal(pool.lend(second), decoder);
  decoder.add('2["b"]');
  assert.deepEqual(
    [first, second].map(({ packets }) => packets.map(({ data }) => data)),
    [[["a"]], [["b"]]],
  );
});

test("in the middle of a packet a decoder stays where it is", () => {
  const pool = new DecoderPool(Decoder);
  const [first, second] = [new Receiver(), new Receiver()];
  const decoder = pool.lend(first);
  decoder.add(ANNOUNCED);
  assert.equal(pool.takeBack(decoder), false);
  assert.notEqual(pool.lend(second), decoder);
  decoder.add(Buffer.from([1]));
  assert.deepEqual([first.packets.length, second.packets.length, pool.takeBack(decoder)], [1, 0, true]);
});

test("a decoder of another make stays where it is, whatever it remembers", () => {
  class OtherDecoder extends Decoder {}
  const pool = new DecoderPool(OtherDecoder);
  const decoder = pool.lend(new Receiver());
  decoder.add('2["a"]');
  assert.equal(pool.takeBack(decoder), false);
});

test("packets of several clients whose attachments come in turns reach each its own", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  const peers = [engine.connect(), engine.connect(), engine.connect()];
  for (const [at, peer] of peers.entries()) {
    const socket = io.sockets.sockets.get(await peer.join())!;
    socket.on("a", (bytes: Buffer) => log.push([at, bytes[0]]));
    socket.on("text", () => log.push([at, "text"]));
  }
  const [first, second, third] = peers;
  first!.receive(ANNOUNCED);
  second!.receive(ANNOUNCED);
  third!.receive('2["text"]');
  second!.receive(Buffer.from([2]), '2["text"]');
  first!.receive(Buffer.from([1]));
  third!.receive('2["text"]');
  await ticks();
  assert.deepEqual(log, [
    [2, "text"],
    [1, 2],
    [1, "text"],
    [0, 1],
    [2, "text"],
  ]);
});

test("a client that is refused in the middle of a packet leaves the others alone", async () => {
  const { io, engine } = serve();
  const [bad, good] = [engine.connect(), engine.connect()];
  await bad.join();
  const socket = io.sockets.sockets.get(await good.join())!;
  const heard: unknown[] = [];
  socket.on("a", (value: unknown) => heard.push(value));
  bad.receive(ANNOUNCED, '2["text"]');
  good.receive('2["a",1]', ANNOUNCED, Buffer.from([2]));
  await ticks();
  assert.deepEqual(heard, [1, Buffer.from([2])]);
  assert.equal(bad.readyState, "closed");
});
