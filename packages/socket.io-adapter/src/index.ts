export { Adapter } from "./adapter.js";
export type { BroadcastFlags, BroadcastOptions, PrivateSessionId, Room, Session, SocketId } from "./adapter.js";
export type { AdapterHost, AdapterSocket, EncodedPacket, WriteOptions } from "./host.js";
