import { prove, OURS, UPSTREAM, type Kind } from "../../cluster/kinds.js";
import { ClusterNode } from "../../cluster/node.js";
import { RedisServer } from "../../support/redis.js";

/** Servers of Socket.IO 2.x with the adapter that belongs to it. */
export const OLD = UPSTREAM.find(({ generation }) => generation === 2)!;

/** Servers of 3.x with the adapter of that time. */
export const V3 = UPSTREAM.find(({ generation }) => generation === 3)!;

/** Gives a server of ours and another, on a Redis of their own, both of which prove what they are. */
export async function withTwoServers(
  other: Kind,
  run: (ours: ClusterNode, theirs: ClusterNode) => Promise<void>,
): Promise<void> {
  prove(OURS);
  prove(other);
  const redis = await RedisServer.start();
  const nodes: ClusterNode[] = [];
  try {
    for (const kind of [OURS, other]) nodes.push(await ClusterNode.start(kind, redis.port));
    await run(nodes[0]!, nodes[1]!);
  } finally {
    for (const node of nodes) await node.stop();
    await redis.stop();
  }
}
