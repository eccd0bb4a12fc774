import { Polling } from "./polling.js";
import { WebSocketTransport } from "./websocket.js";

/** The transports of this server, by the names that clients ask for. */
export const transports = { polling: Polling, websocket: WebSocketTransport };
