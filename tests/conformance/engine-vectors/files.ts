import { REVISION_3 } from "./revision-3.ts";
import type { Scenario } from "./scenario.ts";
import { WEBTRANSPORT } from "./webtransport.ts";

/** The files of behaviours that are run, each with what its vectors' names stand for. The first pattern that matches counts. */
export const BEHAVIOURS: Readonly<Record<string, readonly (readonly [pattern: RegExp, scenario: Scenario])[]>> = {
  "engineio-v3-server": REVISION_3,
  "engineio-webtransport-server": WEBTRANSPORT,
};
