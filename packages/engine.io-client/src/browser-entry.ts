import type { SocketOptions } from "./options.js";
import { Socket } from "./socket.js";

/** The global `eio` of the script-tag bundles (row E-71). */
export default (uri?: string, opts?: SocketOptions): Socket => new Socket(uri, opts);
