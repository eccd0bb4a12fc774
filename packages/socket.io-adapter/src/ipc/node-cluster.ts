/** Loaded by those who have something to do with it: this file's classes are in one file with those of all servers. */
export function nodeCluster(): typeof import("node:cluster").default {
  return require("node:cluster") as typeof import("node:cluster").default;
}
