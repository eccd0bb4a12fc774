import { packageOf, type PackageAt } from "../makers.ts";
import { heard, startProgram } from "../programs.ts";
import type { Scenario } from "./scenario.ts";

/** What a process takes until it has `socket.io`, less what it takes without. */
export const requireScenario: Scenario = {
  name: "require",
  does: '`require("socket.io")` in a new process, less what a bare one takes; 20 rounds',
  metrics: { cpu: "ms CPU" },
  targets: ["ours", "upstream"],
  rounds: 20,
  async run(target) {
    const bare = await cpuMs();
    return { cpu: (await cpuMs(packageOf(target === "ours" ? "ours" : "upstream", "socket.io"))) - bare };
  },
};

async function cpuMs(required?: PackageAt): Promise<number> {
  const child = startProgram("require", required === undefined ? [] : [JSON.stringify(required)]);
  return heard<number>(child);
}
