import type { BroadcastFlags, Room } from "socket.io-adapter";
import { PacketType } from "socket.io-parser";
import type { Publisher } from "../clients/links.js";
import type { Codec } from "../codec.js";
import { RequestType, wirePacket } from "../pubsub/messages.js";
import { guardOfEmitters, type Guard } from "../signing/guard.js";
import type { SigningOptions } from "../signing/options.js";
import { ignoreLoss, UID, type Outlet, type Target } from "./outlet.js";

export interface PubSubOutletOptions {
  /** Beginning of the names of all channels. */
  readonly key: string;
  readonly parser: Codec;
  readonly socketIo2: boolean;
  readonly signing: SigningOptions | undefined;
}

/** To servers with `createAdapter` (protocols.md 6.2). */
export class PubSubOutlet implements Outlet {
  readonly #publisher: Publisher;
  readonly #options: PubSubOutletOptions;
  readonly #nsp: string;
  readonly #guard: Guard;

  constructor(publisher: Publisher, options: PubSubOutletOptions, nsp: string) {
    this.#publisher = publisher;
    this.#options = options;
    this.#nsp = nsp;
    this.#guard = guardOfEmitters(options.signing);
  }

  broadcast(data: unknown[], { rooms, except }: Target, flags: BroadcastFlags): void {
    const { key, parser, socketIo2 } = this.#options;
    const packet = wirePacket({ type: PacketType.EVENT, data, nsp: this.#nsp }, this.#nsp, socketIo2);
    const onlyRoom = rooms.length === 1 ? `${rooms[0]!}#` : "";
    this.#publish(`${key}#${this.#nsp}#${onlyRoom}`, parser.encode([UID, packet, { rooms, except, flags }]));
  }

  socketsJoin(opts: Target, rooms: Room[]): void {
    this.#request({ type: RequestType.REMOTE_JOIN, opts, rooms });
  }

  socketsLeave(opts: Target, rooms: Room[]): void {
    this.#request({ type: RequestType.REMOTE_LEAVE, opts, rooms });
  }

  disconnectSockets(opts: Target, close: boolean): void {
    this.#request({ type: RequestType.REMOTE_DISCONNECT, opts, close });
  }

  serverSideEmit(data: unknown[]): void {
    this.#request({ uid: UID, type: RequestType.SERVER_SIDE_EMIT, data });
  }

  #request(message: object): void {
    this.#publish(`${this.#options.key}-request#${this.#nsp}#`, JSON.stringify(message));
  }

  #publish(channel: string, payload: string | Uint8Array): void {
    ignoreLoss(this.#publisher.publish(channel, this.#guard.seal(channel, payload)));
  }
}
