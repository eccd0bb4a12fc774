/** The files of what servers of a cluster say to each other that are played over again, in cluster-vectors.test.ts. */
export const CLUSTER_FILES = [
  "redis-adapter-v8",
  "redis-adapter-v8-specific",
  "redis-adapter-v6",
  "redis-adapter-v5",
  "redis-emitters",
  "redis-sharded-static",
  "redis-sharded-dynamic",
  "redis-sharded-dynamic-private",
  "redis-streams-adapter",
  "node-cluster-adapter",
] as const;

export type ClusterFile = (typeof CLUSTER_FILES)[number];
