import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { asked, heard, startProgram } from "../programs.ts";
import type { CpuMark } from "../server/marks.ts";
import type { Setting } from "../server/setting.ts";

/* Servers and clients of a measurement. */

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
}

export async function startServer(setting: Setting, flags: readonly string[]): Promise<ServerProcess> {
  const child = startProgram("server", [JSON.stringify(setting)], flags);
  return { child, port: await heard<number>(child) };
}

/** Clients of one server or of several, all connected. */
export async function startLoad(
  name: string,
  servers: readonly ServerProcess[],
  clients?: number,
): Promise<ChildProcess> {
  const ports = servers.map(({ port }) => port).join(",");
  const load = startProgram("load", [name, ports, ...(clients === undefined ? [] : [String(clients)])]);
  await heard(load);
  return load;
}

/** CPU time of the servers together. */
export async function cpuOf(servers: readonly ServerProcess[]): Promise<CpuMark> {
  const marks = await Promise.all(servers.map(({ child }) => asked<CpuMark>(child, "cpu")));
  return {
    userUs: marks.reduce((sum, { userUs }) => sum + userUs, 0),
    systemUs: marks.reduce((sum, { systemUs }) => sum + systemUs, 0),
  };
}

export function usBetween(before: CpuMark, after: CpuMark): number {
  return after.userUs + after.systemUs - before.userUs - before.systemUs;
}

/** In this order: the clients first. */
export async function end(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    const ended = once(child, "exit");
    child.disconnect();
    await ended;
  }
}
