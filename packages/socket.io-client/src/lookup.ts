import { createLog } from "./log.node.js";
import type { Manager, ManagerOptions } from "./manager.js";
import type { Socket, SocketOptions } from "./socket.js";
import { resolveUrl } from "./url.js";

const debug = /* @__PURE__ */ createLog("socket.io-client");

type Options = Partial<ManagerOptions & SocketOptions>;

/** The function `io`. */
export interface Lookup {
  /**
   * The Socket for a URL, connecting already. Its path is the namespace; calls for other namespaces of the same server share the
   * connection (rows C-10 to C-18).
   *
   * @param uri default: the page's host
   */
  (opts?: Options): Socket;
  (uri?: string, opts?: Options): Socket;
  (uri?: string | Options, opts?: Options): Socket;
}

/** The function `io` with Managers of one class. */
export function lookupOf(ManagerClass: new (uri: string, opts?: Options) => Manager): Lookup {
  /** Managers that calls of the same target share. They stay for good, as their Sockets may be used again. */
  const managers = new Map<string, Manager>();
  return (uri?: string | Options | null, opts?: (Options & { "force new connection"?: boolean }) | null): Socket => {
    if (typeof uri === "object") {
      opts = uri ?? opts;
      uri = undefined;
    }
    opts ??= {};
    const { source, namespace, key } = resolveUrl(uri, opts.path || "/socket.io");
    const shared = managers.get(key);
    const alone =
      opts.forceNew || opts["force new connection"] || opts.multiplex === false || shared?.["nsps"][namespace];
    const manager = (!alone && shared) || new ManagerClass(source, opts);
    if (__DEBUG__) debug("%s connection for %s", manager === shared ? "shared" : "new", source);
    if (!alone) managers.set(key, manager);
    return manager.socket(namespace, opts);
  };
}
