import { monitorEventLoopDelay } from "node:perf_hooks";

/* What a measured process tells of itself. */

export type Question = "cpu" | "memory" | "lag";

/** CPU time so far, in microseconds. */
export interface CpuMark {
  readonly userUs: number;
  readonly systemUs: number;
}

/** In bytes, after four forced collections. */
export interface MemoryMark {
  readonly heapUsed: number;
  readonly rss: number;
}

/** How much too late the event loop came to timers since the last question, in ms. */
export interface LagMark {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function measure(question: Question): CpuMark | MemoryMark | LagMark {
  if (question === "cpu") return cpu();
  return question === "memory" ? memory() : lag();
}

export function cpu(): CpuMark {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return { userUs: userCPUTime, systemUs: systemCPUTime };
}

export function memory(): MemoryMark {
  if (globalThis.gc === undefined) throw new Error("memory is measured with --expose-gc");
  for (let at = 0; at < 4; at++) globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

const RESOLUTION_MS = 2;
let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

function lag(): LagMark {
  const late = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  const mark = { p99Ms: late(delays?.percentile(99) ?? 0), maxMs: late(delays?.max ?? 0) };
  delays?.disable();
  delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return mark;
}
