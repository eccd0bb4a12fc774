/* What adapters of ours share: reached as `socket.io-adapter/dist/cluster`. Not for users. */
export { AwaitedAcks } from "./awaited-acks.js";
export { CountedServers, KnownServers } from "./expectation.js";
export type { Expectation } from "./expectation.js";
export { reportLost } from "./lost.js";
export type { ClusterOperation } from "./lost.js";
export { detailsOf } from "./messages.js";
export type { ServerId, SocketDetails } from "./messages.js";
export { ClusterRequestError, ClusterRequests } from "./requests.js";
