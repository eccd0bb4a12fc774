import type { Packet, RawData } from "engine.io-parser";
import { encodePackets } from "engine.io-parser/session";
import { createLog } from "../log.node.js";
import { Transport } from "./transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:websocket");

/** What we use of a WebSocket, the built-in one or that of `ws`. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: RawData, options?: object): void;
  close(): void;
}

/** WebSocket by the platform's own class: browsers, workers, React Native, and runtimes that have one. */
export class WS extends Transport {
  declare protected ws: WebSocketLike | undefined;

  get name(): string {
    return "websocket";
  }

  protected doOpen(): void {
    const uri = this._uri("ws", this.opts.timestampRequests);
    if (__DEBUG__) debug("connecting to %s", uri);
    const ws = (this.ws = this.createSocket(uri, this.opts.protocols));
    // Properties: one listener each, which all makes of WebSockets know, and short.
    /* oxlint-disable unicorn/prefer-add-event-listener */
    ws.onopen = () => this.onOpen();
    ws.onclose = (context) => this.onClose({ description: "websocket connection closed", context });
    ws.onmessage = ({ data }: { data: RawData }) => this.onData(data);
    ws.onerror = (event) => this.onError("websocket error", event);
  }

  protected createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    // React Native takes headers; browsers have no third parameter and don't look at it.
    const Native = WebSocket as unknown as new (uri: string, protocols: unknown, options: object) => WebSocketLike;
    const ws = new Native(uri, protocols, { headers: this.opts.extraHeaders });
    ws.binaryType = "arraybuffer";
    return ws;
  }

  /** In order: a Blob that has to be read first keeps back the others. */
  protected write(packets: readonly Packet[]): void {
    encodePackets(packets, this.supportsBinary, (frames) => {
      if (this.readyState === "closed") return;
      frames.forEach((frame, at) => this.writeFrame(frame, packets[at]!));
      this.writable = true;
      this.emitReserved("drain");
    });
  }

  /** Writes one encoded packet. */
  protected writeFrame(data: RawData, _packet: Packet): void {
    this.ws!.send(data);
  }

  protected doClose(): void {
    this.ws?.close();
  }
}
