import type { Revision } from "./cells.ts";

/** Packets and payloads by hand, independent of what is tested (protocols.md 1.5, 2.2, 2.3). */

export const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;
export type PacketType = (typeof TYPES)[number];

export interface EnginePacket {
  readonly type: PacketType;
  /** Left out if there is none; an empty text is none. */
  readonly data?: string | Buffer;
}

export interface Codec {
  /** One WebSocket message. */
  frame(packet: EnginePacket): string | Buffer;
  readFrame(frame: string | Buffer): EnginePacket;
  /** One polling body: bytes only where the revision has such bodies and they are taken. */
  body(packets: readonly EnginePacket[], takesBytes: boolean): string | Buffer;
  readBody(body: string | Buffer): EnginePacket[];
}

export const message = (data: string | Buffer): EnginePacket => packet("message", data);

export function packet(type: PacketType, data: string | Buffer = ""): EnginePacket {
  return data === "" ? { type } : { type, data };
}

export function codecOf(revision: Revision): Codec {
  return revision === 4 ? revision4 : revision3;
}

const SEPARATOR = "\u001e";

const revision4: Codec = {
  frame: ({ type, data = "" }) => (typeof data === "string" ? `${TYPES.indexOf(type)}${data}` : data),
  readFrame: (frame) => (typeof frame === "string" ? readText(frame, 1) : message(frame)),
  body: (packets) => packets.map((one) => textOf(one, "b")).join(SEPARATOR),
  readBody: (body) =>
    String(body)
      .split(SEPARATOR)
      .map((text) => readText(text, 1)),
};

const revision3: Codec = {
  frame: ({ type, data = "" }) =>
    typeof data === "string"
      ? `${TYPES.indexOf(type)}${data}`
      : Buffer.concat([Buffer.from([TYPES.indexOf(type)]), data]),
  readFrame: (frame) => (typeof frame === "string" ? readText(frame, 2) : packet(TYPES[frame[0]!]!, frame.subarray(1))),
  body(packets, takesBytes) {
    if (takesBytes && packets.some(({ data }) => Buffer.isBuffer(data))) return Buffer.concat(packets.map(chunkOf));
    return packets
      .map((one) => textOf(one, "b4"))
      .map((text) => `${text.length}:${text}`)
      .join("");
  },
  readBody: (body) => (typeof body === "string" ? readLengths(body) : readChunks(body)),
};

function textOf({ type, data = "" }: EnginePacket, binaryPrefix: string): string {
  return typeof data === "string" ? `${TYPES.indexOf(type)}${data}` : binaryPrefix + data.toString("base64");
}

/** @param prefixLength of a packet in base64: `b`, or `b4` */
function readText(text: string, prefixLength: number): EnginePacket {
  if (text[0] === "b") return message(Buffer.from(text.slice(prefixLength), "base64"));
  const type = TYPES[Number(text[0])];
  if (text === "" || type === undefined) throw new Error(`not a packet: ${JSON.stringify(text)}`);
  return packet(type, text.slice(1));
}

/** Lengths count UTF-16 units. */
function readLengths(body: string): EnginePacket[] {
  const packets: EnginePacket[] = [];
  for (let at = 0; at < body.length;) {
    const colon = body.indexOf(":", at);
    const length = Number(body.slice(at, colon));
    if (colon === -1 || !Number.isInteger(length)) throw new Error(`not a payload: ${JSON.stringify(body)}`);
    at = colon + 1 + length;
    if (length > 0) packets.push(readText(body.slice(colon + 1, at), 2));
  }
  return packets;
}

function chunkOf({ type, data = "" }: EnginePacket): Buffer {
  const number = TYPES.indexOf(type);
  const content =
    typeof data === "string" ? Buffer.from(`${number}${data}`) : Buffer.concat([Buffer.from([number]), data]);
  const digits = Array.from(String(content.length), Number);
  return Buffer.concat([Buffer.from([typeof data === "string" ? 0 : 1, ...digits, 0xff]), content]);
}

function readChunks(body: Buffer): EnginePacket[] {
  const packets: EnginePacket[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(0xff, at + 1);
    const length = Number([...body.subarray(at + 1, end)].join(""));
    const content = body.subarray(end + 1, end + 1 + length);
    packets.push(body[at] === 0 ? readText(content.toString(), 2) : packet(TYPES[content[0]!]!, content.subarray(1)));
    at = end + 1 + length;
  }
  return packets;
}
