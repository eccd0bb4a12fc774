import { randomBytes } from "node:crypto";
import type { Room } from "socket.io-adapter";
import type { Codec } from "../codec.js";
import { escaped } from "../glob.js";

/** Names of the channels of one namespace (protocols.md 6.1). */
export class ChannelNames {
  /** Broadcasts. Those to exactly one room have its name behind it. */
  readonly broadcasts: string;
  readonly requests: string;
  readonly responses: string;

  constructor(key: string, namespace: string) {
    this.broadcasts = `${key}#${namespace}#`;
    this.requests = `${key}-request#${namespace}#`;
    this.responses = `${key}-response#${namespace}#`;
  }

  /** Of all channels of broadcasts. */
  get pattern(): string {
    return `${escaped(this.broadcasts)}*`;
  }

  /** Of the channels {@link responsesTo} each of the servers. Those older than @socket.io/redis-adapter 7.1 have none. */
  get responsesPattern(): string {
    return `${escaped(this.responses)}${ID_PATTERN}#`;
  }

  broadcastTo(rooms: ReadonlySet<Room>): string {
    if (rooms.size !== 1) return this.broadcasts;
    const [room] = rooms;
    return `${this.broadcasts}${room!}#`;
  }

  /** The room of a channel of broadcasts, empty if it is of all; undefined for the channel of another namespace. */
  roomOf(channel: string): Room | undefined {
    // A namespace may have characters that mean something in a pattern.
    return channel.startsWith(this.broadcasts) ? channel.slice(this.broadcasts.length, -1) : undefined;
  }

  /** Answers to one server, where those who answer know who has asked. */
  responsesTo(uid: string): string {
    return `${this.responses}${uid}#`;
  }
}

/** As servers of all makes have them. */
const ID_LENGTH = 6;
/** Of PSUBSCRIBE. */
export const ID_PATTERN = "?".repeat(ID_LENGTH);

/** Id of an adapter, or of a request. */
export function newId(): string {
  return randomBytes(ID_LENGTH).toString("base64url").slice(0, ID_LENGTH);
}

/** The first bytes of a list of three that begins with this id, as far as they do not depend on what follows. */
export function startOf(parser: Codec, uid: string): Buffer {
  const [one, other] = [parser.encode([uid, 0, 0]), parser.encode([uid, 1, 1])].map((bytes) => Buffer.from(bytes));
  let at = 0;
  while (at < one!.length && one![at] === other![at]) at++;
  // A codec that puts nothing of the id at the start cannot be looked at without decoding.
  const start = one!.subarray(0, at);
  return start.includes(uid) ? Buffer.from(start) : Buffer.from(uid + uid);
}
