import { randomUUID } from "node:crypto";
import type { Adapter } from "socket.io-adapter";
import type { FloorApplication } from "./floor-application.ts";
import { requireAt } from "./require-at.ts";
import type { RedisSetting } from "./setting.ts";

/* How a server shares a Redis with another. All targets get the same client of Redis. */

interface NodeRedis {
  connect(): Promise<unknown>;
  duplicate(): NodeRedis;
  publish(channel: string, payload: Buffer): Promise<unknown>;
  pSubscribe(pattern: string, listener: (payload: Buffer) => void, bufferMode: true): Promise<unknown>;
}

type CreateAdapter = (pub: NodeRedis, sub: NodeRedis) => new (...args: never[]) => Adapter;

export async function redisAdapter(setting: RedisSetting): Promise<ReturnType<CreateAdapter>> {
  const { createAdapter } = requireAt<{ createAdapter: CreateAdapter }>(setting.adapter!);
  return createAdapter(...(await clientsOf(setting)));
}

/**
 * The least that does the work of two servers: the frame is published as it is, behind the name of the server, and the other
 * server writes it to all its clients. Nothing is encoded, decoded or looked up.
 */
export async function joinFloors(
  setting: RedisSetting,
  application: FloorApplication<Buffer>,
  frame: Buffer,
): Promise<void> {
  const [pub, sub] = await clientsOf(setting);
  const name = Buffer.from(randomUUID());
  const message = Buffer.concat([name, frame]);
  application.onAll = () => void pub.publish("floor#", message);
  const hear = (payload: Buffer): void => {
    if (!payload.subarray(0, name.length).equals(name)) application.deliver(payload.subarray(name.length));
  };
  await sub.pSubscribe("floor#*", hear, true);
}

async function clientsOf({ client, port }: RedisSetting): Promise<[NodeRedis, NodeRedis]> {
  const { createClient } = requireAt<{ createClient: (options: { url: string }) => NodeRedis }>(client);
  const pub = createClient({ url: `redis://127.0.0.1:${port}` });
  const sub = pub.duplicate();
  await Promise.all([pub.connect(), sub.connect()]);
  return [pub, sub];
}
