import debugModule from "debug";
import { Adapter, type BroadcastOptions } from "socket.io-adapter";
import type { Packet } from "socket.io-parser";
import type { Deadline } from "socket.io-parser/acks";
import type { RemoteSocket } from "./broadcast-operator.js";
import { closeQuietly, Namespace } from "./namespace.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";
import type { DefaultEventsMap, EventNames, EventParams, EventsMap, RemoveAcknowledgements } from "./typed-events.js";

const debug = debugModule("socket.io:parent-namespace");

/** How many parents this process has had: they need names of their own. */
let parents = 0;

/**
 * What `io.of(/regex/)` and `io.of(function)` return. It has no sockets; middlewares and connection listeners added to
 * it are given to each child namespace when a client asks for it, and what it emits goes to all children.
 */
export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line typescript/no-explicit-any -- free form until the application describes it
  SocketData = any,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  readonly children: Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Set();

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) {
    super(server, `/_${parents++}`);
  }

  override _initAdapter(): void {
    this.adapter = new ChildrenAdapter(this);
  }

  override emit<Ev extends EventNames<RemoveAcknowledgements<EmitEvents>>>(
    ev: Ev,
    ...args: EventParams<RemoveAcknowledgements<EmitEvents>, Ev>
  ): boolean {
    for (const child of this.children) child.emit(ev, ...args);
    return true;
  }

  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw new Error("fetchSockets() is not supported on parent namespaces");
  }

  /** Makes a namespace with the middlewares and connection listeners that the parent has now. */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    debug("creating child namespace %s", name);
    const child = new ChildNamespace(this.server, name, this);
    child._fns = this._fns.slice();
    for (const listener of this.listeners("connect")) child.on("connect", listener);
    for (const listener of this.listeners("connection")) child.on("connection", listener);
    this.children.add(child);
    this.server._nsps.set(name, child);
    this.server._announce(child);
    return child;
  }
}

class ChildNamespace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** When to look again whether it is empty: nobody may be there, and yet somebody may come back. */
  private later: Deadline | undefined;

  constructor(
    server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    name: string,
    private readonly parent: ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ) {
    super(server, name);
  }

  /** With `cleanupEmptyChildNamespaces`, the last one to leave (or to be refused) turns off the light. */
  override _remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    super._remove(socket);
    this.closeIfEmpty();
  }

  override _onClaimed(): void {
    this.closeIfEmpty();
  }

  private closeIfEmpty(): void {
    if (this.server._opts.cleanupEmptyChildNamespaces !== true) return;
    const { _alarm: alarm } = this.server;
    if (this.later !== undefined) alarm.cancel(this.later);
    this.later = undefined;
    if (this.sockets.size > 0 || this._preConnectSockets.size > 0 || this._sessions?.isClaimed === true) return;
    if (!this.parent.children.has(this)) return;
    // Sessions would go with the adapter.
    const awaitedFor = this.adapter._awaitedFor?.() ?? 0;
    if (awaitedFor > 0) {
      this.later = alarm.after(awaitedFor, () => this.closeIfEmpty());
      return;
    }
    this.parent.children.delete(this);
    debug("closing empty child namespace %s", this.name);
    this.server._nsps.delete(this.name);
    closeQuietly(this.adapter, this.name);
  }
}

/** Stands in for the adapter of a parent, which has no sockets: broadcasts go to the adapters of all its children. */
class ChildrenAdapter extends Adapter {
  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    const { children, server } = this.nsp as ParentNamespace;
    const data = packet.data as unknown[];
    for (const { adapter } of children) {
      // Each adapter writes its namespace into the packet, and may append an offset.
      const sent: unknown = adapter.broadcast({ ...packet, data: [...data] }, opts);
      server._listenerErrors.watch(sent, undefined, data[0] as string);
    }
  }
}
