/// <reference types="node" preserve="true" />
export { createAdapter, createSessionBus, NodeClusterAdapter, setupPrimary } from "socket.io-adapter/dist/ipc";
export type { NodeClusterSessionBus } from "socket.io-adapter/dist/ipc";
export type { ClusterAdapterOptions } from "socket.io-adapter";
