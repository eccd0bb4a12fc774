// What the package for Redis exports (row T-10). Upstream has it in two packages.
import {
  BroadcastOperator,
  createAdapter,
  createShardedAdapter,
  Emitter,
  RedisAdapter,
  RESERVED_EVENTS,
  type EmitterOptions,
  type RedisAdapterOptions,
} from "socket.io-redis";
import { Server } from "socket.io";
import { Adapter } from "socket.io-adapter";

declare const client: any;
const options: RedisAdapterOptions = { key: "app", requestsTimeout: 1, publishOnSpecificResponseChannel: true };
new Server({ adapter: createAdapter(client, client, options) });
new Server().adapter(createShardedAdapter(client, client, { channelPrefix: "app", subscriptionMode: "static" }));
assignable<RedisAdapter, Adapter>();
const emitterOptions: EmitterOptions = { key: "app" };
interface Events {
  hello: (name: string) => void;
}
const emitter = new Emitter<Events>(client, emitterOptions, "/chat");
typeOf(emitter.to("room")).is<BroadcastOperator<Events>>();
typeOf(emitter.emit("hello", "ann")).is<true>();
// @ts-expect-error it is a name.
emitter.emit("hello", 1);
assignable<ReadonlySet<string>, typeof RESERVED_EVENTS>();
// @ts-expect-error there is no such mode.
createShardedAdapter(client, client, { subscriptionMode: "some" });
