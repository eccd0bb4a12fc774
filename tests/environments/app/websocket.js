import { io } from "socket.io-client/websocket";
import { converse } from "./converse.js";

globalThis.converse = (url, transports) => converse(io, url, transports);
