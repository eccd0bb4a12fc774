// What the package of adapters exports (row T-7).
import * as adapter from "socket.io-adapter";

type Names = "Adapter" | "SessionAwareAdapter" | "ClusterAdapter" | "ClusterAdapterWithHeartbeat" | "MessageType";
assignable<Names, keyof typeof adapter>();
export type Types = [
  adapter.SocketId,
  adapter.PrivateSessionId,
  adapter.Room,
  adapter.BroadcastFlags,
  adapter.BroadcastOptions,
  adapter.Session,
  adapter.ClusterAdapterOptions,
  adapter.ClusterMessage,
  adapter.ClusterResponse,
  adapter.ServerId,
  adapter.Offset,
  adapter.MessageType,
];
same<adapter.Room, string>();
same<adapter.SocketId, string>();
same<adapter.PrivateSessionId, string>();
same<adapter.ServerId, string>();
same<adapter.Offset, string>();
same<adapter.BroadcastOptions["rooms"], Set<string>>();
same<adapter.BroadcastOptions["except"], Set<string> | undefined>();
same<Required<adapter.ClusterAdapterOptions>, { heartbeatInterval: number; heartbeatTimeout: number }>();
assignable<adapter.SessionAwareAdapter, adapter.Adapter>();
assignable<adapter.ClusterAdapter, adapter.Adapter>();
assignable<adapter.ClusterAdapterWithHeartbeat, adapter.ClusterAdapter>();

// What adapters of other packages do.
class Streams extends adapter.SessionAwareAdapter {
  override persistSession(session: any): void {
    super.persistSession(session);
  }
  override restoreSession(pid: adapter.PrivateSessionId, offset: string): Promise<adapter.Session> {
    return Promise.reject(new Error(`${pid} ${offset}`));
  }
  override broadcast(packet: any, opts: adapter.BroadcastOptions): void {
    super.broadcast(packet, { ...opts, except: new Set([...(opts.except ?? []), "muted"]) });
  }
}
class Own extends adapter.ClusterAdapterWithHeartbeat {
  constructor(nsp: any, opts: adapter.ClusterAdapterOptions) {
    super(nsp, opts);
    this.nsp.name;
  }
  override doPublish(message: adapter.ClusterMessage): Promise<adapter.Offset> {
    typeOf(this.uid).is<string>();
    return Promise.resolve(message.type === adapter.MessageType.BROADCAST ? message.uid : "");
  }
  override doPublishResponse(requesterUid: adapter.ServerId, response: adapter.ClusterResponse): Promise<void> {
    return Promise.resolve(void [requesterUid, response.type]);
  }
  receive(message: adapter.ClusterMessage, offset?: adapter.Offset): void {
    this.onMessage(message, offset);
  }
  override async init(): Promise<void> {
    await super.init();
  }
  override close(): Promise<void> | void {
    return super.close();
  }
}
export const make = (nsp: any): adapter.Adapter[] => [
  new Own(nsp, { heartbeatInterval: 1, heartbeatTimeout: 2 }),
  new Streams(nsp),
];
