import { decode } from "@msgpack/msgpack";
import { decode as decodeNotepack } from "socket.io-msgpack-parser/build/codec/decode.js";
import { untag } from "../vectors/tagged-values.ts";
import type { Frame } from "./broker.ts";

/** A frame as the files have it: of a command of Redis, or a message between processes. */
export type RecordedFrame = Readonly<Record<string, unknown>>;

/** A frame of either origin, in one form: what is said on which channel, by which node. */
export interface PlainFrame {
  readonly node: unknown;
  readonly command: unknown;
  readonly channel?: unknown;
  readonly format?: string;
  readonly message?: unknown;
  readonly args?: unknown;
}

export function fromRecording(frame: RecordedFrame, codec: "notepack" | "msgpack"): PlainFrame {
  const { fromNode: node = 0, cmd: command, channel, text, decoded, format, args } = frame;
  if (command === undefined) return { node: "any", command: "send", message: untag(frame) };
  if (channel === undefined) return { node, command, args: plainArgs(command as string, args as unknown[]) };
  const message = typeof text === "string" ? (JSON.parse(text) as unknown) : untag(decoded);
  // Read again by the codec of the file, so that the recording is not only believed.
  if (typeof frame["hex"] === "string") decodeWith(codec, Buffer.from(frame["hex"], "hex"));
  return { node, command, channel, format: String(format), message: named(message) };
}

export function fromBroker(
  { node, command, channel, payload, args }: Frame,
  codec: "notepack" | "msgpack",
): PlainFrame {
  if (payload === undefined) return { node, command, args: plainArgs(command, args!) };
  const isJson = payload[0] === 0x7b;
  const message: unknown = isJson ? JSON.parse(payload.toString()) : decodeWith(codec, payload);
  return { node, command, channel, format: isJson ? "json" : "msgpack", message: named(message) };
}

/** The members of a broadcast by name. */
function named(message: unknown): unknown {
  if (!Array.isArray(message)) return message;
  const [uid, packet, opts] = message as unknown[];
  return { uid, packet, opts };
}

function decodeWith(codec: "notepack" | "msgpack", bytes: Buffer): unknown {
  return codec === "msgpack" ? decode(bytes) : decodeNotepack(bytes);
}

/** What JSON would make of a message, but bytes stay bytes: so the file has it. */
export function fromProcess(message: unknown): PlainFrame {
  return { node: "any", command: "send", message: asJson(message) };
}

function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.map((item) => asJson(item) ?? null);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]));
}

/** The beginning of the key of a session, before its private id. */
const SESSION_KEY = "sio:session:";

/** Names of subcommands come in any case, numbers as text; what an entry or a session holds is read. */
function plainArgs(command: string, args: readonly unknown[]): unknown[] {
  const texts = args.map(String);
  if (command === "PUBSUB") return [texts[0]!.toUpperCase(), texts[1]];
  if (texts[0]?.startsWith(SESSION_KEY)) {
    const [key, value, ...rest] = texts as [string, string | undefined];
    const session = value === undefined ? [] : [decode(Buffer.from(value, "base64"))];
    return [SESSION_KEY, key.slice(SESSION_KEY.length), ...session, ...rest];
  }
  const data = texts.indexOf("data");
  if (command !== "XADD" || data === -1) return texts;
  const text = texts[data + 1]!;
  const isJson = text.startsWith("{");
  const value: unknown = isJson ? JSON.parse(text) : decode(Buffer.from(text, "base64"));
  return [...texts.slice(0, data + 1), isJson ? "JSON" : "base64", value];
}

/** Ids of sockets, of sessions and of entries. */
const IDS = /^[\w-]{20}$|^\d{13}-\d+$/;

/**
 * With the ids of servers, requests, sockets and entries called by the order in which they come up, and of handshakes only what
 * they tell of.
 *
 * @param uids of the servers
 */
export function renamed(frames: readonly PlainFrame[], uids: readonly string[]): unknown {
  const names = new Map<string, string>(uids.map((uid, at) => [uid, `<server ${at}>`]));
  let ids = 0;
  const nameOf = (id: string, key?: string): string => {
    // Not counted: not all releases tell the uid.
    if (!names.has(id)) names.set(id, key === "uid" ? "<uid>" : `<id ${ids++}>`);
    return names.get(id)!;
  };
  const rename = (value: unknown, key?: string): unknown => {
    if (typeof value === "string") {
      if (key === "uid" || key === "requestId" || key === "requestid" || IDS.test(value) || names.has(value))
        return nameOf(value, key);
      return uids.reduce((text, uid) => text.replace(`#${uid}#`, `#${names.get(uid)!}#`), value);
    }
    if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
    if (value instanceof Date) return `date ${value.getTime()}`;
    if (Array.isArray(value)) return value.map((item) => rename(item));
    if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : value;
    if (key === "handshake") return Object.keys(value).sort();
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    // In one order, so that ids come up in one order.
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([name, member]) => [name, rename(member, name)]));
  };
  // Of each node in its order: how the frames of two nodes interleave is a matter of the network.
  const byNode = [...frames].sort((one, other) => Number(one.node) - Number(other.node) || 0);
  return byNode.map((frame) => rename(frame));
}
