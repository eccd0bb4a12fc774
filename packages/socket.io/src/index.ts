// Compilers that load no types unasked (TypeScript 6 and newer) find those of Node.js, which ours name, by this line.
/// <reference types="node" preserve="true" />
export { Server } from "./server.js";
export { Namespace } from "./namespace.js";
export { Socket } from "./socket.js";
export type { BroadcastOperator, RemoteSocket } from "./broadcast-operator.js";
export type { DisconnectReason, Event } from "./socket.js";
export type { RateLimited, RateLimitOptions } from "./rates.js";
export type { ServerOptions } from "./options.js";
export type { DefaultEventsMap } from "./typed-events.js";
export type { ExtendedError, LimitError, LimitErrorCode } from "./errors.js";
