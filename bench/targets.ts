import { findRuntime, RUNTIMES } from "../tools/runtimes.mjs";
import { packageOf, sharedPackage, type Maker } from "./makers.ts";
import type { Setting } from "./server/setting.ts";

/** What is compared: Socket.IO of both makers on Node and on uWebSockets.js, and floors that move the same bytes. */
export type TargetName = "ours" | "upstream" | "ours-uws" | "upstream-uws" | Floor;
export type Floor = (typeof FLOORS)[number];

export const FLOORS = ["ws", "net", "net-cork", "http"] as const;

/** What a scenario asks of a Socket.IO server beyond the defaults of its constructor. */
export interface Needs {
  readonly options?: (target: TargetName) => NonNullable<Setting["options"]>;
  readonly msgpack?: boolean;
  readonly redisPort?: number;
}

/** What the server of a target is started with. */
export function settingOf(target: TargetName, { options, msgpack, redisPort }: Needs = {}): Setting {
  const redis = redisPort === undefined ? undefined : { port: redisPort, client: sharedPackage("redis-4") };
  if (target === "ws") return { kind: target, package: sharedPackage("ws") };
  if (target === "net" || target === "net-cork" || target === "http") return { kind: target, ...(redis && { redis }) };
  const maker = makerOf(target);
  const adapter = packageOf(maker, maker === "ours" ? "socket.io-redis" : "@socket.io/redis-adapter");
  return {
    kind: "socket.io",
    package: packageOf(maker, "socket.io"),
    ...(target.endsWith("-uws") && { uws: uwsPath() }),
    ...(msgpack && { parser: packageOf(maker, "socket.io-msgpack-parser") }),
    ...(options && { options: options(target) }),
    ...(redis && { redis: { ...redis, adapter } }),
  };
}

function makerOf(target: "ours" | "upstream" | "ours-uws" | "upstream-uws"): Maker {
  return target.startsWith("ours") ? "ours" : "upstream";
}

function uwsPath(): string {
  const path = findRuntime("uwebsockets");
  if (path === null) throw new Error(`${RUNTIMES.uwebsockets.package} was not fetched`);
  return path;
}
