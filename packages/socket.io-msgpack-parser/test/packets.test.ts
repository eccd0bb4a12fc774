import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as parser from "socket.io-msgpack-parser";
import type { Packet } from "socket.io-parser";
import { decode } from "./support/decode.ts";

function roundTrip(packet: object): Packet {
  return decode(new parser.Encoder().encode(packet as Packet)[0]);
}

test("the package exports what a parser of Socket.IO needs", () => {
  assert.equal(parser.protocol, 5);
  assert.deepEqual(parser.PacketType, { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 });
  assert.equal(typeof parser.Encoder, "function");
  assert.equal(typeof new parser.Decoder().on, "function");
});

test("a packet is one message, a map with the packet's own members", () => {
  const packet = { type: 2, data: ["a", Buffer.from([1])], options: { compress: true }, id: 0, nsp: "/admin" };
  assert.equal(new parser.Encoder().encode(packet as Packet).length, 1);
  assert.deepEqual(roundTrip(packet), packet);
});

test("destroy leaves the decoder usable: it holds nothing", () => {
  const decoder = new parser.Decoder();
  const seen: Packet[] = [];
  decoder.on("decoded", (packet) => seen.push(packet));
  decoder.destroy();
  decoder.add(new parser.Encoder().encode({ type: 1, nsp: "/" })[0]);
  assert.deepEqual(seen, [{ type: 1, nsp: "/" }]);
});

describe("the checks of a decoded packet", () => {
  const refusals: readonly [object, string][] = [
    [{ type: 5, nsp: "/" }, "invalid packet type"],
    [{ type: "2", nsp: "/" }, "invalid packet type"],
    [{ nsp: "/" }, "invalid packet type"],
    [{ type: 2, data: ["a"] }, "invalid namespace"],
    [{ type: 2, data: ["a"], nsp: 5 }, "invalid namespace"],
    [{ type: 0, data: [], nsp: "/" }, "invalid payload"],
    [{ type: 0, data: null, nsp: "/" }, "invalid payload"],
    [{ type: 1, data: {}, nsp: "/" }, "invalid payload"],
    [{ type: 2, data: {}, nsp: "/" }, "invalid payload"],
    [{ type: 2, data: [], nsp: "/" }, "invalid payload"],
    [{ type: 2, data: ["disconnect"], nsp: "/" }, "invalid payload"],
    [{ type: 2, data: [{}], nsp: "/" }, "invalid payload"],
    [{ type: 3, nsp: "/" }, "invalid payload"],
    [{ type: 4, nsp: "/" }, "invalid payload"],
    [{ type: 3, data: [], id: 1.5, nsp: "/" }, "invalid packet id"],
    [{ type: 3, data: [], id: "1", nsp: "/" }, "invalid packet id"],
    [{ type: 3, data: [], id: null, nsp: "/" }, "invalid packet id"],
    [{ type: 3, data: [], id: -1, nsp: "/" }, "invalid packet id"],
  ];
  for (const [packet, message] of refusals) {
    test(`${JSON.stringify(packet)}: ${message}`, () => {
      assert.throws(() => roundTrip(packet), { name: "DecodeError", message });
    });
  }

  test("what each type may carry is taken", () => {
    const packets = [
      { type: 0, nsp: "/" },
      { type: 0, data: undefined, nsp: "/" },
      { type: 0, data: { token: 1 }, nsp: "/" },
      { type: 1, nsp: "/" },
      { type: 2, data: ["a"], nsp: "/" },
      { type: 2, data: [1, 2], id: 7, nsp: "/" },
      { type: 3, data: [], id: 0, nsp: "/" },
      { type: 4, data: "no", nsp: "/" },
      { type: 4, data: { message: "no" }, nsp: "/" },
    ];
    for (const packet of packets) assert.deepEqual(roundTrip(packet), packet);
  });
});
