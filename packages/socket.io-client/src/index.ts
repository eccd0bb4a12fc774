export { io as connect, io as default, io } from "./io.js";
export { Manager, type ManagerOptions, type ManagerReservedEvents } from "./manager.js";
export {
  type DisconnectDescription,
  type ExtendedError,
  Socket,
  type SocketOptions,
  type SocketReservedEvents,
} from "./socket.js";
export { Fetch, NodeWebSocket, NodeXHR, WebSocket, WebTransport, XHR } from "engine.io-client";
export { protocol } from "socket.io-parser";
