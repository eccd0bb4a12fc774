import { XHR } from "./polling-xhr.node.js";
import type { Transport, TransportOptions } from "./transport.js";
import { WS } from "./websocket.node.js";
import { WT } from "./webtransport.js";

export type TransportName = "polling" | "websocket" | "webtransport";

/** A class of transports, ours or another. */
export type TransportCtor = new (opts: TransportOptions) => Transport;

/** The transports by their names: this platform's. */
export const transports = { polling: XHR, websocket: WS, webtransport: WT };
