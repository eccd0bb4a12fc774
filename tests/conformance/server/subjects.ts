import type { Behaviours } from "./behaviour.ts";
import { connection } from "./behaviours/connection.ts";
import { entryPoints } from "./behaviours/entry-points.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = {
  "entry points": entryPoints,
  connection,
};
