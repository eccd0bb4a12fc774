import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import * as parser from "socket.io-parser";
import { Encoder, PacketType, type Packet } from "socket.io-parser";

const encoder = new Encoder();
const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "/", data });
const placeholder = (num: number): unknown => ({ _placeholder: true, num });

// Rows A-1 and T-6.
describe("what the package exports", () => {
  test("its five names, protocol 5 and a packet type that maps both ways", () => {
    assert.deepEqual(Object.keys(parser).sort(), ["Decoder", "Encoder", "PacketType", "isPacketValid", "protocol"]);
    assert.equal(parser.protocol, 5);
    const names = ["CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"];
    assert.deepEqual(Object.fromEntries(Object.entries(PacketType)), {
      ...Object.fromEntries(names.entries()),
      ...Object.fromEntries(names.map((name, at) => [name, at])),
    });
  });

  // Row A-2.
  test("import and require give the same classes", async () => {
    const required = createRequire(import.meta.url)("socket.io-parser") as typeof parser;
    const imported = await import("socket.io-parser");
    for (const name of Object.keys(required) as (keyof typeof parser)[]) assert.equal(imported[name], required[name]);
  });
});

// Rows.
describe("encode", () => {
  test("gives the text first, then the attachments", () => {
    const bytes = Buffer.from("x");
    assert.deepEqual(encoder.encode(event("a", bytes, { deep: [bytes] })), [
      `52-["a",${JSON.stringify(placeholder(0))},{"deep":[${JSON.stringify(placeholder(1))}]}]`,
      bytes,
      bytes,
    ]);
  });

  test("writes type, attachment count, namespace, id and JSON, each only if there is something to say", () => {
    for (const [packet, text] of [
      [{ type: PacketType.CONNECT, nsp: "/" }, "0"],
      [{ type: PacketType.CONNECT, nsp: "/admin", data: { token: "1" } }, '0/admin,{"token":"1"}'],
      [{ type: PacketType.DISCONNECT, nsp: "/admin" }, "1/admin,"],
      [{ type: PacketType.EVENT, nsp: "/admin", id: 0, data: ["a"] }, '2/admin,0["a"]'],
      [{ type: PacketType.ACK, nsp: "/", id: 12, data: [] }, "312[]"],
      [{ type: PacketType.CONNECT_ERROR, nsp: "/", data: { message: "no" } }, '4{"message":"no"}'],
      [{ type: PacketType.ACK, nsp: "/a", id: 3, data: [Buffer.alloc(1)] }, '61-/a,3[{"_placeholder":true,"num":0}]'],
    ] as [Packet, string][]) {
      assert.equal(encoder.encode(packet)[0], text);
    }
    assert.deepEqual(encoder.encode({ type: PacketType.CONNECT } as Packet), ["0"]);
  });

  test("leaves the caller's packet and data as they were", () => {
    const inner = { list: [Buffer.from("x"), { bytes: Buffer.from("y") }] };
    const packet = event("a", inner, Buffer.from("z"));
    const { data } = packet;
    const before = structuredClone(packet);
    encoder.encode(packet);
    assert.equal(packet.data, data);
    assert.equal(packet.data[1], inner);
    assert.deepEqual(structuredClone(packet), before);
  });

  test("the replacer sees every value, and placeholders for attachments", () => {
    const seen: unknown[] = [];
    const [text] = new Encoder((_key, value: unknown) => {
      seen.push(value);
      return typeof value === "bigint" ? `${value}n` : value;
    }).encode(event("a", 7n, Buffer.alloc(1)));
    assert.equal(text, '51-["a","7n",{"_placeholder":true,"num":0}]');
    assert.deepEqual(seen.at(-3), placeholder(0));
  });

  test("what contains itself, is nested too deep or is a BigInt throws a TypeError", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = Buffer.alloc(1);
    for (let level = 0; level < 1_000_000; level++) deep = [deep];
    const byToJSON = { toJSON: (): unknown => ({ again: byToJSON }) };
    for (const value of [circle, { circle }, deep, 1n, byToJSON]) {
      assert.throws(() => encoder.encode(event("a", value)), TypeError);
    }
  });
});

// Row A-5.
describe("what travels as an attachment", () => {
  const attachmentsOf = (...args: unknown[]): unknown[] => encoder.encode(event("a", ...args)).slice(1);

  test("ArrayBuffers, all views of them, Blobs and Files", () => {
    const values = [
      new ArrayBuffer(1),
      Buffer.alloc(1),
      new Uint8Array(1),
      new Float64Array(1),
      new DataView(new ArrayBuffer(1)),
      new Blob(["x"]),
      new (createRequire(import.meta.url)("node:buffer") as { File: typeof File }).File(["x"], "x.txt"),
    ];
    const attachments = attachmentsOf(...values);
    assert.equal(attachments.length, values.length);
    values.forEach((value, at) => assert.equal(attachments[at], value));
  });

  test("buffers of another realm", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign = runInNewContext(
      "[new ArrayBuffer(2), new Uint8Array(2), { deep: new ArrayBuffer(1) }]",
    ) as unknown[];
    assert.equal(attachmentsOf(...foreign).length, 3);
  });

  test("at any depth of arrays, objects and objects without or with a prototype", () => {
    const bytes = Buffer.from("x");
    class Message {
      body = { bytes };
    }
    const bare = Object.assign(Object.create(null) as object, { bytes });
    assert.equal(attachmentsOf({ a: [[{ b: bytes }]] }, new Message(), bare).length, 3);
  });

  test("only in own keys", () => {
    assert.deepEqual(attachmentsOf(Object.create({ inherited: Buffer.from("x") })), []);
  });

  test("what toJSON gives is walked, and toJSON is asked once more only where there was no binary", () => {
    const bytes = Buffer.from("x");
    assert.deepEqual(encoder.encode(event("a", { toJSON: () => ({ deep: bytes }) })), [
      '51-["a",{"deep":{"_placeholder":true,"num":0}}]',
      bytes,
    ]);
    assert.deepEqual(encoder.encode(event("a", { toJSON: () => ({ z: 1 }) })), ['2["a",{"z":1}]']);
    const own = {
      bytes,
      toJSON() {
        return own;
      },
    };
    assert.equal(attachmentsOf(own).length, 1);
  });

  test("a key named __proto__ is carried like any other and reaches no prototype", () => {
    const data = JSON.parse('{"__proto__":{"x":1},"y":2}') as Record<string, unknown>;
    Object.defineProperty(data, "__proto__", { value: { bytes: Buffer.from("x") }, enumerable: true });
    const [text, ...attachments] = encoder.encode(event("a", data)) as [string, ...unknown[]];
    assert.equal(text, '51-["a",{"__proto__":{"bytes":{"_placeholder":true,"num":0}},"y":2}]');
    assert.equal(attachments.length, 1);
  });

  test("never in the payload of a CONNECT, which goes through JSON", () => {
    assert.deepEqual(encoder.encode({ type: PacketType.CONNECT, nsp: "/", data: { bytes: Buffer.from([7]) } }), [
      '0{"bytes":{"type":"Buffer","data":[7]}}',
    ]);
  });
});
