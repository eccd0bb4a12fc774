import { readFileSync } from "node:fs";

/** One file of tests/vectors: what it holds is described in the README there. */
export interface VectorFile {
  readonly count: number;
  readonly vectors: readonly Vector[];
}

export interface Vector {
  readonly name: string;
  readonly op?: "encode" | "decode";
  /** Upstream accepts it, but no encoder produces it: refusing it is equally right. */
  readonly mayReject?: boolean;
  /** The fields of its format, in tagged values. */
  readonly [field: string]: unknown;
}

/** How many vectors each file held when it was recorded, so that a file which lost some is noticed. */
export const RECORDED: Readonly<Record<string, number>> = {
  "admin-ui": 6,
  "engineio-server-http": 127,
  "engineio-server-websocket": 43,
  "engineio-v3-packet": 37,
  "engineio-v3-payload": 46,
  "engineio-v3-server": 60,
  "engineio-v4-packet": 50,
  "engineio-v4-payload": 20,
  "engineio-v4-webtransport": 31,
  "engineio-webtransport-server": 9,
  "msgpack-parser": 63,
  "node-cluster-adapter": 19,
  "postgres-adapter": 20,
  "redis-adapter-v5": 11,
  "redis-adapter-v6": 10,
  "redis-adapter-v8": 18,
  "redis-adapter-v8-specific": 18,
  "redis-emitters": 11,
  "redis-sharded-dynamic": 18,
  "redis-sharded-dynamic-private": 18,
  "redis-sharded-static": 18,
  "redis-streams-adapter": 19,
  "socketio-client": 37,
  "socketio-server": 121,
  "socketio-v4-parser": 147,
  "socketio-v5-decode": 138,
  "socketio-v5-encode": 47,
  transcripts: 20,
};

/** All files together. */
export const TOTAL = 1182;

export function readVectors(name: string): VectorFile {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")) as VectorFile;
}

/** What is wrong with the number of vectors in a file; null if nothing is. */
export function countFault(file: VectorFile, recorded: number): string | null {
  const { length } = file.vectors;
  if (length < file.count) return `holds ${length} vectors of the ${file.count} it announces`;
  if (length < recorded) return `holds ${length} vectors of the ${recorded} recorded`;
  if (new Set(file.vectors.map((vector) => vector.name)).size < length) return "holds two vectors of one name";
  return null;
}
