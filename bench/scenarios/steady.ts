import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { asked } from "../programs.ts";
import type { CpuMark } from "../server/marks.ts";
import { median } from "../report/statistics.ts";
import { settingOf, type Needs, type TargetName } from "../targets.ts";
import { cpuOf, end, startLoad, startServer, usBetween, type ServerProcess } from "./processes.ts";
import { shareOf, US_PER_MESSAGE, type Figures, type Pace, type Scenario } from "./scenario.ts";

export interface SteadyShape {
  readonly name: string;
  readonly does: string;
  readonly clients: number;
  readonly targets: readonly TargetName[];
  readonly needs?: Needs;
}

/** Clients that go on: what the server takes for a message between two marks. */
export function steady(shape: SteadyShape): Scenario {
  return {
    ...shape,
    metrics: { cpu: US_PER_MESSAGE, user: "µs of that outside of the kernel" },
    async run(target, pace) {
      const server = await startServer(settingOf(target, shape.needs), pace.flags);
      const { cpu, user } = await measureLoad(shape.name, [server], shareOf(shape.clients, pace), pace);
      return { cpu, user: user! };
    },
  };
}

interface Mark {
  readonly cpu: CpuMark;
  readonly messages: number;
  readonly times: readonly number[];
}

/**
 * @param warmUpMessages the warm-up takes as long as it takes to move so many
 * @returns also what user and system took of it, and the median time of a message if the load looks at the time
 */
export async function measureLoad(
  name: string,
  servers: readonly ServerProcess[],
  clients: number,
  { warmUpMs, measuredMs }: Pace,
  warmUpMessages = 1,
): Promise<Figures & { readonly cpu: number }> {
  const load = await startLoad(name, servers, clients);
  let before: Mark;
  do {
    await sleep(warmUpMs);
    before = await mark(servers, load);
  } while (before.messages < warmUpMessages);
  await sleep(measuredMs);
  const after = await mark(servers, load);
  await end(load, ...servers.map(({ child }) => child));
  const messages = after.messages - before.messages;
  if (messages === 0) throw new Error(`${name}: nothing was delivered`);
  return {
    cpu: usBetween(before.cpu, after.cpu) / messages,
    user: (after.cpu.userUs - before.cpu.userUs) / messages,
    p50: median(after.times),
  };
}

async function mark(servers: readonly ServerProcess[], load: ChildProcess): Promise<Mark> {
  const [cpu, counted] = await Promise.all([cpuOf(servers), asked<Omit<Mark, "cpu">>(load, "count")]);
  return { cpu, ...counted };
}
