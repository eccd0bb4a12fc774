import { createLog } from "./log.node.js";
import { Manager, type ManagerOptions } from "./manager.js";
import type { Socket, SocketOptions } from "./socket.js";
import { resolveUrl } from "./url.js";

const debug = /* @__PURE__ */ createLog("socket.io-client");

type Options = Partial<ManagerOptions & SocketOptions>;

/** Managers that calls of the same target share. They stay for good, as their Sockets may be used again. */
const managers = new Map<string, Manager>();

/**
 * The Socket for a URL, connecting already. Its path is the namespace; calls for other namespaces of the same server share the
 * connection (rows C-10 to C-18).
 *
 * @param uri default: the page's host
 */
export function lookup(opts?: Options): Socket;
export function lookup(uri?: string, opts?: Options): Socket;
export function lookup(uri?: string | Options, opts?: Options): Socket;
export function lookup(uri?: string | Options | null, opts?: Options): Socket {
  if (typeof uri === "object") {
    opts = uri ?? opts;
    uri = undefined;
  }
  const { source, namespace, key } = resolveUrl(uri, opts?.path || "/socket.io");
  const shared = managers.get(key);
  const alone =
    opts?.forceNew ||
    (opts as { "force new connection"?: boolean } | undefined)?.["force new connection"] ||
    opts?.multiplex === false ||
    shared?.["nsps"][namespace];
  const manager = (!alone && shared) || new Manager(source, opts);
  if (__DEBUG__) debug("%s connection for %s", manager === shared ? "shared" : "new", source);
  if (!alone) managers.set(key, manager);
  return manager.socket(namespace, opts);
}
