export type { Cookie } from "./cookie-jar.js";
export { nextTick } from "./env.node.js";
export type { SocketOptions } from "./options.js";
export { protocol } from "engine.io-parser";
export {
  type HandshakeData,
  Socket,
  type SocketReceiver,
  type SocketReservedEvents,
  type WriteOptions,
} from "./socket.js";
export { installTimerFunctions, type TimerFunctions } from "./timers.js";
export { TransportError } from "./transports/error.js";
export { type TransportCtor, type TransportName, transports } from "./transports/index.js";
export { Fetch } from "./transports/polling-fetch.js";
export { XHR as NodeXHR } from "./transports/polling-xhr.node.js";
export { XHR } from "./transports/polling-xhr.js";
export { Transport, type TransportOptions, type TransportReservedEvents } from "./transports/transport.js";
export { WS as NodeWebSocket } from "./transports/websocket.node.js";
export { WS as WebSocket } from "./transports/websocket.js";
export { WT as WebTransport } from "./transports/webtransport.js";
export { parse, type ParsedUrl } from "./url.js";
