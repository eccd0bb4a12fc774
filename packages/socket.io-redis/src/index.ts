export { createAdapter, createShardedAdapter } from "./create.js";
export type { RedisAdapterCreator, SocketIoRedisOptions } from "./create.js";
export { RedisAdapter } from "./pubsub/adapter.js";
export type { RedisAdapterOptions } from "./pubsub/adapter.js";
export { ShardedRedisAdapter } from "./sharded/adapter.js";
export type { ShardedRedisAdapterOptions } from "./sharded/adapter.js";
export type { SubscriptionMode } from "./sharded/subscription-mode.js";
export { BroadcastOperator, Emitter } from "./emitter.js";
export type { EmitterOptions } from "./emitter.js";
