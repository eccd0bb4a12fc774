// Compilers that load no types unasked (TypeScript 6 and newer) find those of Node.js, which ours name, by this line.
/// <reference types="node" preserve="true" />
export { Adapter } from "./adapter.js";
export type { BroadcastFlags, BroadcastOptions, PrivateSessionId, Room, Session, SocketId } from "./adapter.js";
export type { AdapterHost, AdapterSocket, EncodedPacket, WriteOptions } from "./host.js";
