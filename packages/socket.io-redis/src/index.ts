export { createAdapter } from "./create.js";
export type { RedisAdapterCreator, SocketIoRedisOptions } from "./create.js";
export { RedisAdapter } from "./pubsub/adapter.js";
export type { RedisAdapterOptions } from "./pubsub/adapter.js";
