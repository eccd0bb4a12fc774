import { io } from "./io.js";
import { Manager } from "./manager.js";
import { Socket } from "./socket.js";

/** The global `io` of the script-tag bundles (row C-7). */
export default Object.assign(io, { Manager, Socket, io, connect: io });
