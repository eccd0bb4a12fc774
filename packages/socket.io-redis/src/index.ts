export { createAdapter, createShardedAdapter } from "./create.js";
export type { RedisAdapterCreator, SocketIoRedisOptions } from "./create.js";
export { RedisAdapter } from "./pubsub/adapter.js";
export type { RedisAdapterOptions } from "./pubsub/adapter.js";
export type { ShardedRedisAdapter } from "./sharded/adapter.js";
export type { ShardedRedisAdapterOptions } from "./sharded/adapter.js";
export type { SubscriptionMode } from "./sharded/subscription-mode.js";
export { Emitter } from "./emitter.js";
export type { BroadcastOperator, EmitterOptions } from "./emitter.js";
