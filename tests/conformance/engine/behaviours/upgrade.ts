import { overWebSocket, overWebTransport, type Behaviour, type Behaviours } from "../behaviour.ts";
import type { Cell } from "../cells.ts";
import { upgradeCourse } from "./upgrade-course.ts";
import { upgradeTrouble } from "./upgrade-trouble.ts";

/** From polling to the cell's transport (protocols.md 1.8). */
export const upgrade: Behaviours = Object.fromEntries(
  (["polling", "jsonp"] as const).flatMap((from) =>
    Object.entries({ ...upgradeCourse, ...upgradeTrouble }).map(
      ([title, { run, cells = canCarry, ...rest }]): [string, Behaviour] => [
        `from ${from}, ${title}`,
        { ...rest, cells: (cell) => canCarry(cell) && cells(cell), run: (stage) => run(stage, from) },
      ],
    ),
  ),
);

/** Whether it is a transport to upgrade to. */
function canCarry(cell: Cell): boolean {
  return overWebSocket(cell) || overWebTransport(cell);
}
