import type { BroadcastFlags, Room } from "socket.io-adapter";
import { PacketType } from "socket.io-parser";
import {
  isReservedEvent,
  type DefaultEventsMap,
  type EventNames,
  type EventParams,
  type EventsMap,
} from "socket.io-parser/events";
import { linkOf, type RedisClient } from "./clients/link-of.js";
import type { Publisher } from "./clients/links.js";
import { codec, type Codec } from "./codec.js";
import { RequestType, wirePacket } from "./pubsub/messages.js";

export interface EmitterOptions {
  /**
   * Beginning of the names of all channels, as the servers have it.
   * @default "socket.io"
   */
  key?: string;
  /**
   * How broadcasts are written, as the servers have it.
   * @default MessagePack, in forms that all releases read
   */
  parser?: Codec;
  /**
   * Whether the servers are of Socket.IO 2, or ours beside such: they get binary events in the form that these read.
   * @default false
   */
  socketIo2?: boolean;
}

/** What servers call the sender: it is none of them. */
const UID = "emitter";

/** Where the messages of one namespace go. */
interface Outlet {
  readonly publisher: Publisher;
  readonly parser: Codec;
  readonly socketIo2: boolean;
  readonly nsp: string;
  readonly channel: string;
  readonly requestChannel: string;
}

/**
 * Emits from a process without a server: a worker, a cron job. The servers use {@link createAdapter}, or upstream's
 * `@socket.io/redis-adapter`.
 *
 * ```js
 * const emitter = new Emitter(redisClient);
 * emitter.to("room").emit("hello", "world");
 * emitter.of("/admin").disconnectSockets();
 * ```
 *
 * The client is the application's: it connects it, listens to its errors and closes it. What cannot be published is lost.
 */
export class Emitter<EmitEvents extends EventsMap = DefaultEventsMap> {
  readonly #outlet: Outlet;

  constructor(
    readonly redisClient: RedisClient,
    private readonly opts: EmitterOptions = {},
    private readonly nsp: string = "/",
  ) {
    const key = opts.key ?? "socket.io";
    this.#outlet = {
      publisher: linkOf(redisClient),
      parser: opts.parser ?? codec,
      socketIo2: opts.socketIo2 ?? false,
      nsp,
      channel: `${key}#${nsp}#`,
      requestChannel: `${key}-request#${nsp}#`,
    };
  }

  /** An emitter for a namespace. */
  of(nsp: string): Emitter<EmitEvents> {
    return new Emitter(this.redisClient, this.opts, nsp.startsWith("/") ? nsp : `/${nsp}`);
  }

  /**
   * Emits to all clients of the namespace.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    return this.#everybody().emit(ev, ...args);
  }

  /** Targets a room. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().to(room);
  }

  /** Targets a room. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().in(room);
  }

  /** Targets everybody who is not in the room. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().except(room);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return this.#everybody().volatile;
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return this.#everybody().compress(compress);
  }

  /** Makes all the sockets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.#everybody().socketsJoin(room);
  }

  /** Makes all the sockets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.#everybody().socketsLeave(room);
  }

  /** @param close whether to close the connections, with all other namespaces */
  disconnectSockets(close: boolean = false): void {
    this.#everybody().disconnectSockets(close);
  }

  /**
   * Emits to the namespace of all servers.
   *
   * @throws if an acknowledgement is asked for: nobody would hear it
   */
  serverSideEmit(ev: string, ...args: unknown[]): void {
    if (typeof args.at(-1) === "function") throw new Error("Acknowledgements are not supported");
    request(this.#outlet, { uid: UID, type: RequestType.SERVER_SIDE_EMIT, data: [ev, ...args] });
  }

  #everybody(): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet);
  }
}

/** A target and how to send to it. Immutable: each modifier gives a new operator. */
export class BroadcastOperator<EmitEvents extends EventsMap> {
  readonly #outlet: Outlet;

  /** @internal made by the emitter */
  constructor(
    outlet: Outlet,
    private readonly rooms: ReadonlySet<Room> = new Set(),
    private readonly exceptRooms: ReadonlySet<Room> = new Set(),
    private readonly flags: BroadcastFlags = {},
  ) {
    this.#outlet = outlet;
  }

  /** Adds rooms: whoever is in at least one of them is a target, and receives the packet once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, union(this.rooms, room), this.exceptRooms, this.flags);
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.to(room);
  }

  /** Leaves out whoever is in one of these rooms. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, union(this.exceptRooms, room), this.flags);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, this.exceptRooms, { ...this.flags, volatile: true });
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, this.exceptRooms, { ...this.flags, compress });
  }

  /**
   * Emits to the targets.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    if (isReservedEvent(ev)) throw new Error(`"${String(ev)}" is a reserved event name`);
    const { channel, nsp, parser, socketIo2 } = this.#outlet;
    const packet = wirePacket({ type: PacketType.EVENT, data: [ev, ...(args as unknown[])], nsp }, nsp, socketIo2);
    const opts = { ...this.#target(), flags: this.flags };
    const onlyRoom = this.rooms.size === 1 ? `${[...this.rooms][0]!}#` : "";
    publish(this.#outlet, channel + onlyRoom, parser.encode([UID, packet, opts]));
    return true;
  }

  /** Makes the targets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    request(this.#outlet, { type: RequestType.REMOTE_JOIN, opts: this.#target(), rooms: [room].flat() });
  }

  /** Makes the targets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    request(this.#outlet, { type: RequestType.REMOTE_LEAVE, opts: this.#target(), rooms: [room].flat() });
  }

  /** @param close whether to close the connections, with all other namespaces */
  disconnectSockets(close: boolean = false): void {
    request(this.#outlet, { type: RequestType.REMOTE_DISCONNECT, opts: this.#target(), close });
  }

  #target(): { rooms: Room[]; except: Room[] } {
    return { rooms: [...this.rooms], except: [...this.exceptRooms] };
  }
}

function request(outlet: Outlet, message: object): void {
  publish(outlet, outlet.requestChannel, JSON.stringify(message));
}

function publish({ publisher }: Outlet, channel: string, payload: string | Uint8Array): void {
  publisher.publish(channel, payload).catch(() => {
    // The client tells of its errors itself.
  });
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): Set<Room> {
  return new Set([...rooms, ...[more].flat()]);
}
