import type { Packet, RawData } from "engine.io-parser";
import * as ws from "ws";
import { nodeOptions } from "./node-options.js";
import { WS as BrowserWS, type WebSocketLike } from "./websocket.js";

/** WebSocket by the package `ws`: Node. */
export class WS extends BrowserWS {
  protected override createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const { opts } = this;
    const jar = this.socket._cookieJar;
    const socket = new ws.WebSocket(uri, protocols, nodeOptions(this));
    if (jar !== undefined) socket.on("upgrade", (response) => jar.store(response.headers["set-cookie"]));
    if (opts.autoUnref) socket.on("open", () => (socket as unknown as { _socket: { unref(): void } })._socket.unref());
    return socket;
  }

  protected override writeFrame(data: RawData, packet: Packet): void {
    const socket = this.ws as unknown as ws.WebSocket;
    // Nothing was negotiated: nothing can be compressed.
    if (socket.extensions === "") return socket.send(data);
    const { threshold = 1024 } = this.opts.perMessageDeflate as { threshold?: number };
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : (data as ArrayBuffer).byteLength;
    socket.send(data, { compress: packet.options?.compress !== false && bytes >= threshold });
  }
}
