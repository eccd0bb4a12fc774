import { VirtualTime } from "../engine/virtual-time.ts";

/** What the clock of the process began with. */
const START_MS = Date.now();

/** As `VirtualTime`, and dates stand still as well: clients measure by them when the server was last heard. */
export function stopTime(): VirtualTime {
  const clock = VirtualTime.install();
  Date.now = () => START_MS + performance.now();
  return clock;
}
