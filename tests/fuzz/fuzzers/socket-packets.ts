import assert from "node:assert/strict";
import { Decoder, Encoder, PacketType, type Packet } from "socket.io-parser";
import { isReservedEvent } from "socket.io-parser/events";
import fc from "fast-check";
import { bytes, changedText, changes, text, userValue, type Change } from "../arbitraries.ts";
import type { Fuzzer } from "../fuzzer.ts";

/** A parser of any release. */
export interface PacketParser {
  readonly Encoder: new () => Pick<Encoder, "encode">;
  readonly Decoder: new () => Pick<Decoder, "on" | "add">;
}

type Message = string | Buffer;

interface Input {
  readonly packet: Packet;
  /** Of its text. */
  readonly changes: readonly Change<string>[];
  /** What the peer sends besides, in this order. */
  readonly foreign: readonly Message[];
}

/** So many attachments a packet may have. */
const MAX_ATTACHMENTS = 10;

const PLACEHOLDERS = ["0", "1", "-1", "0.5", "1e9", '"splice"', '"length"', '"0"', "null"].map(
  (num) => `{"_placeholder":true,"num":${num}}`,
);

const wirePiece = fc.oneof(
  fc.constantFrom(...["0", "1", "2", "3", "4", "5", "6", "50-", "51-", "61-", "-", "/a,", "/", ",", "12"]),
  fc.constantFrom(...PLACEHOLDERS),
  fc.constantFrom(...['"x"', '["x"]', '["connect"]', '[{"toString":1}]', "[", "]", "{", "}", ":", "null", "1e400"]),
  fc.constantFrom("\ud800", "é", " ", '"__proto__":'),
);

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constant('"x"') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"toString":1}', '["x"]', "null", "{}", "7", '"connect"', PLACEHOLDERS[0]!),
  },
);

/** As a packet is built, with anything in each place. */
const builtText = fc
  .tuple(
    fc.constantFrom("2", "3", "50-", "51-", "61-", "52-"),
    fc.constantFrom("", "", "/a,", "7"),
    name,
    fc.array(wirePiece, { maxLength: 3 }),
  )
  .map(([type, middle, first, items]) => `${type}${middle}[${[first, ...items].join(",")}]`);

const foreign = fc.oneof(
  fc.array(wirePiece, { maxLength: 6 }).map((pieces): Message[] => [pieces.join("")]),
  builtText.map((message): Message[] => [message]),
  bytes(8).map((message): Message[] => [message]),
  fc
    .tuple(name, fc.constantFrom(...PLACEHOLDERS), bytes(8))
    .map(([first, placeholder, attachment]): Message[] => [`51-[${first},${placeholder}]`, attachment]),
);

const anyPacket = fc
  .record({
    type: fc.constantFrom(PacketType.EVENT, PacketType.ACK),
    nsp: fc.oneof(
      fc.constant("/"),
      text(8).map((path) => `/${path.replaceAll(",", "")}`),
    ),
    id: fc.oneof(fc.constant(null), fc.maxSafeNat()),
    first: fc.oneof(
      text().filter((value) => !isReservedEvent(value)),
      fc.integer(),
    ),
    args: fc.array(userValue, { maxLength: 3 }),
  })
  .map(({ type, nsp, id, first, args }): Packet => {
    const data = type === PacketType.EVENT ? [first, ...args] : args;
    return id === null ? { type, nsp, data } : { type, nsp, id, data };
  });

/** Packets of protocol 5: their text and attachments. Those of Socket.IO 2 differ in what CONNECT says: see `socket-server`. */
export function socketPackets(parser: PacketParser = { Encoder, Decoder }): Fuzzer<Input> {
  return {
    name: "socket-packets",
    inputs: fc.record({
      packet: anyPacket,
      changes: changes(wirePiece),
      foreign: fc.array(foreign, { maxLength: 3 }).map((messages) => messages.flat()),
    }),
    start: () => ({ feed: (input) => feed(parser, input) }),
  };
}

function feed(parser: PacketParser, { packet, changes: list, foreign }: Input): void {
  const [first, ...attachments] = new parser.Encoder().encode(packet) as [string, ...Buffer[]];
  if (attachments.length <= MAX_ATTACHMENTS) {
    assert.deepEqual(new Peer(parser).sends([first, ...attachments]), [packet]);
  }
  new Peer(parser).sends([changedText(first, list), ...attachments, ...foreign]);
  new Peer(parser).sends(foreign);
}

/** One connection, from its first message to the first that is refused: it would be closed then. */
class Peer {
  readonly #decoder: Pick<Decoder, "on" | "add">;
  readonly #packets: Packet[] = [];
  readonly #sent: unknown[] = [];
  /** Bytes that were announced and have not come. */
  #missing = 0;

  constructor({ Decoder: AnyDecoder }: PacketParser) {
    this.#decoder = new AnyDecoder();
    this.#decoder.on("decoded", (packet: Packet) => {
      this.#packets.push(packet);
      this.#check(packet);
    });
  }

  sends(chunks: readonly Message[]): Packet[] {
    for (const chunk of chunks) {
      this.#sent.push(chunk);
      const before = this.#packets.length;
      try {
        this.#decoder.add(chunk);
      } catch (error) {
        // Of releases that have no error of their own.
        assert.ok(error instanceof Error && ["DecodeError", "Error"].includes(error.name), error as Error);
        return this.#packets;
      }
      if (typeof chunk === "string") this.#missing = announced(chunk);
      else assert.ok(--this.#missing >= 0, "bytes that no packet has announced are kept");
      assert.equal(this.#packets.length - before, this.#missing > 0 ? 0 : 1, "packets of one message");
    }
    return this.#packets;
  }

  #check({ type, nsp, id, data }: Packet): void {
    this.#checkValue(data);
    assert.ok(type >= PacketType.CONNECT && type <= PacketType.CONNECT_ERROR, `a packet of type ${type}`);
    assert.equal(nsp[0], "/");
    assert.ok(id === undefined || (Number.isSafeInteger(id) && id >= 0), `an id ${id}`);
    const name: unknown = type === PacketType.EVENT ? (data as unknown[] | undefined)?.[0] : "";
    const isName = typeof name === "number" || (typeof name === "string" && !isReservedEvent(name));
    assert.ok(isName, `a name of an event that is none: ${typeof name}`);
  }

  /** Only what JSON has, and bytes that this peer has sent. */
  #checkValue(value: unknown): void {
    if (typeof value !== "object" || value === null) {
      assert.notEqual(typeof value, "function", "a placeholder stands for no attachment");
      return;
    }
    if (ArrayBuffer.isView(value)) return assert.ok(this.#sent.includes(value), "bytes that nobody has sent");
    for (const member of Object.values(value)) this.#checkValue(member);
  }
}

function announced(message: string): number {
  const count = Number(/^[56](\d+)-/.exec(message)?.[1] ?? 0);
  assert.ok(count <= MAX_ATTACHMENTS, `${count} attachments may come`);
  return count;
}
