import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "socket.io";
import type { ManagerOptions } from "socket.io-client";
import { loadEngineClient } from "../../interop/implementations.ts";

const { Fetch, NodeWebSocket } = loadEngineClient("upstream");

/** How a client connects: by one transport, or by polling first. `old`: it is one of Socket.IO 2, over WebSocket. */
export type Way = "websocket" | "polling" | "upgrade" | "old";

/** Polling by fetch: with XMLHttpRequest in Node every answer waits for a timer, and time stands still. */
export const TRANSPORTS: Readonly<Record<Way, ManagerOptions["transports"]>> = {
  websocket: [NodeWebSocket],
  polling: [Fetch],
  upgrade: [Fetch, NodeWebSocket],
  old: ["websocket"],
};

/** So long upstream's server may leave a GET without an answer while its client upgrades, in ms. */
export const UPGRADE_MS = 100;

/** The probes of a server's clients wait here until all is quiet, so that no race decides what travels how. */
export class Probes {
  readonly #waiting = new Map<string, () => void>();

  constructor(io: Server) {
    io.engine.use(({ headers, url = "" }: IncomingMessage, _res: ServerResponse, next: () => void) => {
      const sid = new URLSearchParams(url.split("?")[1]).get("sid");
      if (headers.upgrade !== undefined && sid !== null) this.#waiting.set(sid, next);
      else next();
    });
  }

  has(sid: string): boolean {
    return this.#waiting.has(sid);
  }

  /** Lets them go on. False if there are none. */
  release(): boolean {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const next of waiting) next();
    return waiting.length > 0;
  }
}
