import type { Behaviours, Subject } from "./behaviour.ts";
import { emit } from "./behaviours/emit.ts";
import { emitter } from "./behaviours/emitter.ts";
import { engineOptions } from "./behaviours/engine-options.ts";
import { entryPoints } from "./behaviours/entry-points.ts";
import { events } from "./behaviours/events.ts";
import { failures } from "./behaviours/failures.ts";
import { lookup } from "./behaviours/lookup.ts";
import { managerOptions } from "./behaviours/manager-options.ts";
import { manager } from "./behaviours/manager.ts";
import { page } from "./behaviours/page.ts";
import { recovery } from "./behaviours/recovery.ts";
import { retries } from "./behaviours/retries.ts";
import { returns } from "./behaviours/returns.ts";
import { served } from "./behaviours/served.ts";
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
  "coming back, and namespaces": scripted(returns),
  "socket, sending": scripted(emit),
  retries: scripted(retries),
  failures: scripted(failures),
  "recovery of a session": scripted(recovery),
  emitter: scripted(emitter),
  "in a page": scripted(page),
  "at a server": any(served),
  events: any(events),
};
