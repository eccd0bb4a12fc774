import { MessageType, type BroadcastFlags, type ClusterMessage, type Room } from "socket.io-adapter";
import { PacketType } from "socket.io-parser";
import type { Store } from "../clients/links.js";
import { addition, encodeFields } from "../streams/entry.js";
import { guardOfEmitters, type Guard } from "../signing/guard.js";
import type { SigningOptions } from "../signing/options.js";
import { ignoreLoss, UID, type Outlet, type Target } from "./outlet.js";

export interface StreamsOutletOptions {
  /** Of the stream. */
  readonly key: string;
  /** How many entries it keeps, about. */
  readonly maxLen: number;
  readonly nsp: string;
  readonly signing: SigningOptions | undefined;
}

/** To servers with `createStreamsAdapter`: all of it goes into the stream (protocols.md 6.5). */
export class StreamsOutlet implements Outlet {
  readonly #store: Store;
  readonly #key: string;
  readonly #maxLen: number;
  readonly #nsp: string;
  readonly #envelope: { readonly uid: string; readonly nsp: string };
  readonly #guard: Guard;

  constructor(store: Store, { key, maxLen, nsp, signing }: StreamsOutletOptions) {
    this.#store = store;
    this.#key = key;
    this.#maxLen = maxLen;
    this.#nsp = nsp;
    this.#envelope = { uid: UID, nsp };
    this.#guard = guardOfEmitters(signing);
  }

  broadcast(data: unknown[], target: Target, flags: BroadcastFlags): void {
    const packet = { type: PacketType.EVENT, data, nsp: this.#nsp };
    this.#add({
      ...this.#envelope,
      type: MessageType.BROADCAST,
      data: { packet, opts: { ...asOptions(target), flags } },
    });
  }

  socketsJoin(target: Target, rooms: Room[]): void {
    this.#add({ ...this.#envelope, type: MessageType.SOCKETS_JOIN, data: { opts: asOptions(target), rooms } });
  }

  socketsLeave(target: Target, rooms: Room[]): void {
    this.#add({ ...this.#envelope, type: MessageType.SOCKETS_LEAVE, data: { opts: asOptions(target), rooms } });
  }

  disconnectSockets(target: Target, close: boolean): void {
    this.#add({ ...this.#envelope, type: MessageType.DISCONNECT_SOCKETS, data: { opts: asOptions(target), close } });
  }

  serverSideEmit(data: unknown[]): void {
    this.#add({ ...this.#envelope, type: MessageType.SERVER_SIDE_EMIT, data: { packet: data } });
  }

  #add(message: ClusterMessage): void {
    const fields = this.#guard.sealEntry(this.#key, encodeFields(message, false));
    ignoreLoss(this.#store.command(this.#key, addition(this.#key, this.#maxLen, fields)));
  }
}

function asOptions({ rooms, except }: Target): { rooms: Room[]; except: Room[]; flags: BroadcastFlags } {
  return { rooms: [...rooms], except: [...except], flags: {} };
}
