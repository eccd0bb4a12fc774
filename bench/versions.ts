import { RUNTIMES } from "../tools/runtimes.mjs";
import { packageOf, sharedPackage } from "./makers.ts";

/** Of what is measured. Each process has refused any other. */
export function measuredVersions(withUws: boolean): Record<string, string> {
  const packages = [
    ...["socket.io", "socket.io-client", "socket.io-redis"].map((name) => ["ours", packageOf("ours", name)] as const),
    ...["socket.io", "socket.io-client", "@socket.io/redis-adapter"].map(
      (name) => ["upstream", packageOf("upstream", name)] as const,
    ),
    ...(["ws", "redis-4"] as const).map((name) => ["shared", sharedPackage(name)] as const),
  ];
  const versions = packages.map(([maker, { name, version }]) => [`${maker} ${name}`, version] as const);
  return Object.fromEntries([...versions, ...(withUws ? [["uWebSockets.js", RUNTIMES.uwebsockets.version]] : [])]);
}
