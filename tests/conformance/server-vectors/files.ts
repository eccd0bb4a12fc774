import type { Replay } from "./exchange.ts";
import { protocol4 } from "./protocol-4.ts";
import { closing, protocol5 } from "./protocol-5.ts";
import { recovery } from "./recovery.ts";

/** The files of exchanges with a server that are played over again; the first pattern that fits a name counts. */
export const EXCHANGES: Readonly<Record<string, readonly (readonly [names: RegExp, replay: Replay])[]>> = {
  "socketio-server": [
    [/^EIO3: /, protocol4],
    [/^recovery: /, recovery],
    [/^io\.close/, closing],
    [/./, protocol5],
  ],
};
