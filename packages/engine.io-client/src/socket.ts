import { type Kit, SocketBase } from "./socket-base.js";
import { transports } from "./transports/table.js";
import { probeAll } from "./upgrade.js";

const KIT: Kit = { transports, probeAll };

/**
 * One Engine.IO session with a server, connecting from its construction on. It ends once; a new connection is a new Socket.
 *
 * ```js
 * const socket = new Socket("wss://example.com");
 * socket.on("open", () => socket.send("hello"));
 * socket.on("message", (data) => console.log(data));
 * ```
 */
export class Socket extends SocketBase {
  /** @internal */
  override _kit(): Kit {
    return KIT;
  }
}
