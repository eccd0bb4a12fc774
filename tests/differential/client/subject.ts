import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import { type ClientLibrary, loadClient } from "../../interop/implementations.ts";
import type { Subject } from "../programs.ts";
import { draw } from "./draw.ts";
import { Log } from "./log.ts";
import { Player } from "./player.ts";
import type { Act, Program, Setting } from "./program.ts";
import { World } from "./world.ts";

/** socket.io-client in Node, as it was built, against socket.io of upstream's make. */
export const client: Subject<ClientLibrary, Setting, Act> = { load: loadClient, draw, play };

/** What is seen when a client does what a program says. */
async function play(library: ClientLibrary, program: Program): Promise<Log> {
  const log = new Log();
  await processErrors(async (errors) => {
    const take = (): void => {
      for (const error of [...errors.uncaught.splice(0), ...errors.rejected.splice(0)])
        log.add("process", String(error));
    };
    log.begin();
    const world = await World.start(program.setting, log);
    const player = new Player(library, program, world, log);
    try {
      await player.run();
      take();
      log.end();
    } finally {
      player.close();
      await world.close();
    }
  });
  return log;
}
