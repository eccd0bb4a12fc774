import { io } from "socket.io-client";
import { converse } from "./converse.js";

globalThis.converse = (...args) => converse(io, ...args);
