import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import type { Program, Subject } from "../programs.ts";
import { Log } from "./log.ts";
import { Network } from "../network.ts";

/** Does what the steps of a program say, with one maker's engine. */
export interface Player<Act> {
  do(act: Act): void | Promise<void>;
  /** Notes what can be read of everything, where it is not what it was. */
  view(): void;
  /** Nothing moves any more. True: it has begun something that waited for that. */
  onQuiet?(): boolean;
  close(): void;
}

/** The side whose engines are compared. */
export interface Role<Library, Setting, Act> extends Omit<Subject<Library, Setting, Act>, "play"> {
  start(library: Library, setting: Setting, log: Log, network: Network): Promise<Player<Act>>;
}

/** So long the last step lasts: heartbeats come and go, and what they find dead ends. */
const FINALLY_MS = 2150;

/** What has been handed over by then is told to be out, however many ticks that takes. */
const TICKS = 8;

export function subject<Library, Setting, Act>(role: Role<Library, Setting, Act>): Subject<Library, Setting, Act> {
  return { ...role, play: (library, program) => play(role.start, library, program) };
}

/** What is seen when an engine does what a program says. */
async function play<Library, Setting, Act>(
  start: Role<Library, Setting, Act>["start"],
  library: Library,
  { setting, steps }: Program<Setting, Act>,
): Promise<Log> {
  const log = new Log();
  await processErrors(async (errors) => {
    let onQuiet = (): boolean => false;
    const network = new Network(log, () => onQuiet());
    log.begin();
    const player = await start(library, setting, log, network);
    onQuiet = () => player.onQuiet?.() ?? false;
    const take = (): void => {
      for (const error of [...errors.uncaught.splice(0), ...errors.rejected.splice(0)])
        log.add("process", String(error));
      player.view();
    };
    try {
      for (const { act, settles } of steps) {
        log.begin();
        await player.do(act);
        for (let left = TICKS; left > 0; left--) await new Promise(process.nextTick);
        if (settles) await network.settle();
        take();
      }
      log.begin();
      await network.pass(FINALLY_MS);
      take();
      log.end();
    } finally {
      player.close();
      await network.close();
      errors.uncaught.length = errors.rejected.length = 0;
    }
  });
  return log;
}
