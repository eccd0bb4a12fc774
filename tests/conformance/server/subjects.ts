import type { Behaviours } from "./behaviour.ts";
import { connection } from "./behaviours/connection.ts";
import { construction } from "./behaviours/construction.ts";
import { entryPoints } from "./behaviours/entry-points.ts";
import { options } from "./behaviours/options.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = {
  "entry points": entryPoints,
  construction,
  options,
  connection,
};
