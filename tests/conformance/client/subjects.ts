import type { Behaviours, Subject } from "./behaviour.ts";
import { engineOptions } from "./behaviours/engine-options.ts";
import { entryPoints } from "./behaviours/entry-points.ts";
import { lookup } from "./behaviours/lookup.ts";
import { managerOptions } from "./behaviours/manager-options.ts";
import { manager } from "./behaviours/manager.ts";
import { socket } from "./behaviours/socket.ts";

/** Shown with every server there is. */
const any = (behaviours: Behaviours): Subject => ({ server: "any", behaviours });

/** The behaviours play the server themselves, or need none. */
const scripted = (behaviours: Behaviours): Subject => ({ server: "scripted", behaviours });

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Subject>> = {
  "entry points": scripted(entryPoints),
  "io()": scripted(lookup),
  "options of the Manager": scripted(managerOptions),
  "options of the engine": scripted(engineOptions),
  manager: scripted(manager),
  socket: scripted(socket),
};
