import { CROSS_ORIGIN } from "./http-cors.ts";
import { HANDSHAKES } from "./http-handshakes.ts";
import { REQUESTS } from "./http-requests.ts";
import { SESSIONS } from "./http-sessions.ts";
import { REVISION_3 } from "./revision-3.ts";
import type { Behaviour } from "./scenario.ts";
import { UPGRADES } from "./upgrade.ts";
import { CONNECTIONS } from "./websocket.ts";
import { WEBTRANSPORT } from "./webtransport.ts";

/** There is no HTTP in them. */
const NONE = /^$/;

/** The files of behaviours that are run. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "engineio-server-http": {
    options: {},
    unrecordedHeaders: /^(date|keep-alive)$/i,
    scenarios: [...SESSIONS, ...CROSS_ORIGIN, ...HANDSHAKES, ...REQUESTS],
  },
  "engineio-server-websocket": {
    options: {},
    unrecordedHeaders: /^(date|keep-alive)$/i,
    scenarios: [...UPGRADES, ...CONNECTIONS],
  },
  "engineio-v3-server": {
    options: { allowEIO3: true },
    unrecordedHeaders: /^(date|keep-alive|connection|transfer-encoding)$/i,
    scenarios: REVISION_3,
  },
  "engineio-webtransport-server": { options: {}, unrecordedHeaders: NONE, scenarios: WEBTRANSPORT },
};
