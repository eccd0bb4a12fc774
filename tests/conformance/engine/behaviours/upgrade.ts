import { overWebSocket, type Behaviour, type Behaviours } from "../behaviour.ts";
import { upgradeCourse } from "./upgrade-course.ts";
import { upgradeTrouble } from "./upgrade-trouble.ts";

/** From polling to the cell's WebSocket (protocols.md 1.8). */
export const upgrade: Behaviours = Object.fromEntries(
  (["polling", "jsonp"] as const).flatMap((from) =>
    Object.entries({ ...upgradeCourse, ...upgradeTrouble }).map(([title, { run, ...rest }]): [string, Behaviour] => [
      `from ${from}, ${title}`,
      { ...rest, cells: overWebSocket, run: (stage) => run(stage, from) },
    ]),
  ),
);
