/* What joins the workers of node:cluster: reached as `socket.io/cluster`. */
export { createAdapter, NodeClusterAdapter } from "./adapter.js";
export { setupPrimary } from "./primary.js";
export { createSessionBus } from "./session-bus.js";
export type { NodeClusterSessionBus } from "./session-bus.js";
