import { polling } from "./polling.js";
import { WebSocketTransport } from "./websocket.js";
import { WebTransportTransport } from "./webtransport.js";

/** The transports of this server, by the names that clients ask for. */
export const transports = { polling, websocket: WebSocketTransport, webtransport: WebTransportTransport };
