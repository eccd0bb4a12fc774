import type { Socket } from "node:net";
import type { Packet, RawData } from "engine.io-parser";
import * as ws from "ws";
import { nodeOptions } from "./node-options.js";
import { AgreedConnection } from "./node-websocket/agreed-connection.js";
import type { ConnectOptions } from "./node-websocket/connection.js";
import type { Agreement } from "./node-websocket/handshake.js";
import { PlainWebSocket } from "./node-websocket/plain-websocket.js";
import { WS as BrowserWS, type WebSocketLike } from "./websocket.js";

/** WebSocket in Node: our own, right on the connection, and the package `ws` for what that does not do. */
export class WS extends BrowserWS {
  protected override createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const url = new URL(uri);
    return this.#isPlain(url) ? this.#createOwn(url, protocols) : this.#createByWs(uri, protocols);
  }

  protected override writeFrame(data: RawData, packet: Packet): void {
    const socket = this.ws as unknown as PlainWebSocket | ws.WebSocket;
    // Nothing was negotiated: nothing can be compressed.
    if (socket.extensions === "") return socket.send(data);
    const { threshold = 1024 } = this.opts.perMessageDeflate as { threshold?: number };
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : (data as ArrayBuffer).byteLength;
    (socket as ws.WebSocket).send(data, { compress: packet.options?.compress !== false && bytes >= threshold });
  }

  /** Whether a WebSocket of our own does all that is asked for. */
  #isPlain(url: URL): boolean {
    const opts = this.opts as unknown as Readonly<Record<string, unknown>>;
    // Bun and Deno have WebSockets of their own in place of `ws`.
    if (process.versions["bun"] !== undefined || process.versions["deno"] !== undefined) return false;
    if (url.username || url.password || url.hash || opts["agent"]) return false;
    if ((opts["protocolVersion"] ?? 13) !== 13 || BY_WS.some((name) => opts[name] !== undefined)) return false;
    // In which form to offer compression, other than the usual one.
    return Object.keys(opts["perMessageDeflate"] ?? {}).every((name) => name === "threshold");
  }

  #createOwn(url: URL, protocols: string | string[] | undefined): WebSocketLike {
    const { opts } = this;
    const options = nodeOptions(this);
    return new PlainWebSocket(url, {
      headers: options.headers as Record<string, string>,
      protocols: [protocols ?? []].flat(),
      origin: opts.origin,
      offersDeflate: Boolean(opts.perMessageDeflate),
      maxPayload: options.maxPayload,
      connect: options as ConnectOptions,
      onAgreement: (agreement, connection) => {
        this.socket._cookieJar?.store(agreement.headers.get("set-cookie"));
        if (opts.autoUnref) connection.unref();
      },
      onExtensions: (agreement, connection) => this.#goOnByWs(url, agreement, connection),
    });
  }

  #createByWs(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const socket = new ws.WebSocket(uri, protocols, nodeOptions(this));
    const jar = this.socket._cookieJar;
    if (jar !== undefined) socket.on("upgrade", (response) => jar.store(response.headers["set-cookie"]));
    if (this.opts.autoUnref)
      socket.on("open", () => (socket as unknown as { _socket: { unref(): void } })._socket.unref());
    return socket;
  }

  /** The server compresses, which `ws` knows how to do: it takes the place of our own on the same connection. */
  #goOnByWs(url: URL, agreement: Agreement, connection: Socket): AgreedConnection {
    const { onopen, onmessage, onerror, onclose } = this.ws!;
    const agreed = new AgreedConnection(agreement, connection);
    const options = { ...nodeOptions(this), createConnection: () => agreed };
    const socket = new ws.WebSocket(url, agreement.protocol === "" ? [] : agreement.protocol, options);
    this.ws = Object.assign<WebSocketLike, Partial<WebSocketLike>>(socket, { onopen, onmessage, onerror, onclose });
    return agreed;
  }
}

/**
 * Options that our own WebSocket leaves to `ws`: those that say how the connection or the request is made, and those of `ws` itself.
 * All others are for `net.connect` and `tls.connect`.
 */
const BY_WS = [
  ...["createConnection", "finishRequest", "followRedirects", "generateMask", "handshakeTimeout"],
  ...["insecureHTTPParser", "maxHeaderSize", "setHost", "skipUTF8Validation", "uniqueHeaders"],
  ...["autoPong", "allowSynchronousEvents", "closeTimeout", "maxBufferedChunks", "maxFragments", "maxPendingAutoPongs"],
];
