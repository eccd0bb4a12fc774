import { startServer } from "../scenarios/processes.ts";
import { US_PER_MESSAGE, type Figures, type Pace } from "../scenarios/scenario.ts";
import { measureLoad } from "../scenarios/steady.ts";
import { settingOf, type TargetName } from "../targets.ts";
import type { Curve } from "./curve.ts";

export const receivers: Curve = {
  name: "broadcast over receivers",
  does: "`io.emit` to all WebSocket clients, one at a time. Linear if a delivery takes the same with any number of receivers",
  of: "receivers",
  at: [125, 250, 500, 1000, 2000, 4000],
  metrics: { cpu: US_PER_MESSAGE },
  run: (target, at, pace) => inTurn(at, (clients) => deliveries("broadcast", target, clients, pace)),
};

export const oneRoom: Curve = {
  name: "to(room) beside others",
  does: "`to(room).emit` to a room of ten, one at a time, beside other clients with ten rooms of their own each. Should not depend on them",
  of: "clients",
  at: [10, 100, 500, 1000, 2000, 4000],
  metrics: { cpu: US_PER_MESSAGE },
  run: (target, at, pace) => inTurn(at, (clients) => deliveries("one-room", target, clients, pace)),
};

async function deliveries(load: string, target: TargetName, clients: number, pace: Pace): Promise<Figures> {
  const server = await startServer(settingOf(target), pace.flags);
  const { cpu } = await measureLoad(load, [server], clients, pace);
  return { cpu };
}

/** One measurement after the other. */
export async function inTurn(at: readonly number[], measure: (x: number) => Promise<Figures>): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const x of at) figures.push(await measure(x));
  return figures;
}
