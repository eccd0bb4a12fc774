import { io } from "socket.io-client/websocket";
import { converse } from "./converse.js";

globalThis.converse = (...args) => converse(io, ...args);
