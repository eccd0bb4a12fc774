import type { Room, SocketId } from "socket.io-adapter";
import type { BroadcastOperator, RemoteSocket } from "./broadcast-operator.js";
import {
  StrictEventEmitter,
  type AllButLast,
  type DecorateAcknowledgementsWithMultipleResponses,
  type DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  type Last,
  type RemoveAcknowledgements,
} from "./typed-events.js";

/** What a server (for its main namespace) and a namespace have in common: they emit to many sockets, or to some of them. */
export abstract class BroadcastEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap,
  SocketData,
> extends StrictEventEmitter<ListenEvents, RemoveAcknowledgements<EmitEvents>, ReservedEvents> {
  /** Targets all the sockets of the namespace. @internal */
  abstract _everybody<Events extends EventsMap>(): BroadcastOperator<Events, SocketData>;

  /** Targets a room. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().to(room);
  }

  /** Targets a room. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().in(room);
  }

  /** Targets everybody who is not in the room. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().except(room);
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(
    compress: boolean,
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().compress(compress);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().volatile;
  }

  /** Targets the sockets of this process. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().local;
  }

  /**
   * How long to wait for the clients' acknowledgements.
   *
   * @param timeout in ms
   */
  timeout(
    timeout: number,
  ): BroadcastOperator<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<EmitEvents>, SocketData> {
    return this.targets().timeout(timeout) as unknown as BroadcastOperator<
      DecorateAcknowledgementsWithTimeoutAndMultipleResponses<EmitEvents>,
      SocketData
    >;
  }

  /**
   * Emits to all clients of the namespace.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  override emit<Ev extends EventNames<RemoveAcknowledgements<EmitEvents>>>(
    ev: Ev,
    ...args: EventParams<RemoveAcknowledgements<EmitEvents>, Ev>
  ): boolean {
    return this._everybody<RemoveAcknowledgements<EmitEvents>>().emit(ev, ...args);
  }

  /**
   * Emits to all clients of the namespace, and resolves with the first argument of each client's answer. Give it time by
   * {@link timeout}, which it needs as all acknowledgements of broadcasts: without, it waits for 1 ms. Rejects when some
   * clients did not answer in time: the error's `responses` holds the answers of the others; and when the event name is
   * reserved.
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, Ev>>>> {
    type Emit = (...args: unknown[]) => Promise<never>;
    const everybody = this._everybody() as unknown as { emitWithAck: Emit };
    return everybody.emitWithAck(ev, ...(args as unknown[]));
  }

  /** Emits the event `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    // By whatever `emit` there is: that of a parent goes to its children.
    (this as { emit(ev: string, ...args: unknown[]): boolean }).emit("message", ...(args as unknown[]));
    return this;
  }

  /** Emits the event `message`. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /**
   * The ids of the sockets.
   *
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>> {
    return this.targets().allSockets();
  }

  /** The sockets of this process and of the other servers. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this._everybody<EmitEvents>().fetchSockets();
  }

  /** Makes all the sockets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.targets().socketsJoin(room);
  }

  /** Makes all the sockets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.targets().socketsLeave(room);
  }

  /**
   * Disconnects all the sockets.
   *
   * @param close whether to close their connections, with all other namespaces
   */
  disconnectSockets(close: boolean = false): void {
    this.targets().disconnectSockets(close);
  }

  private targets(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody();
  }
}
