// Compilers that load no types unasked (TypeScript 6 and newer) find those of Node.js, which ours name, by this line.
/// <reference types="node" preserve="true" />
export { Adapter } from "./adapter.js";
export type {
  BroadcastFlags,
  BroadcastOptions,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
  SocketId,
} from "./adapter.js";
export type { AdapterHost, AdapterSocket, EncodedPacket, RecoveryOptions, WriteOptions } from "./host.js";
export { SessionAwareAdapter } from "./session-aware-adapter.js";
export { ClusterAdapter } from "./cluster/cluster-adapter.js";
export { ClusterAdapterWithHeartbeat } from "./cluster/heartbeat-adapter.js";
export type { ClusterAdapterOptions } from "./cluster/heartbeat-adapter.js";
export { MessageType } from "./cluster/messages.js";
export type { ClusterMessage, ClusterResponse, Offset, ServerId } from "./cluster/messages.js";
export type { ClusterRequestError } from "./cluster/requests.js";
