import { type Kit, SocketBase } from "./socket-base.js";
import { WS } from "./transports/websocket.node.js";

const KIT: Kit = { transports: { websocket: WS } };

/** A Socket that knows WebSocket alone: nothing else is in a bundle made from it. Classes of transports may still be given to it. */
export class Socket extends SocketBase {
  /** @internal */
  override _kit(): Kit {
    return KIT;
  }
}

export { WS as WebSocket };
