import { encodePacket, type Packet, type RawData } from "engine.io-parser";
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
  protected ws: WebSocketLike | undefined;

  get name(): string {
    return "websocket";
  }

  protected doOpen(): void {
    const uri = this.createUri("ws", this.stampedQuery(this.opts.timestampRequests));
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

  protected write(packets: readonly Packet[]): void {
    this.#writeFrom(packets, 0);
  }

  /** Writes one encoded packet. */
  protected writeFrame(data: RawData, _packet: Packet): void {
    this.ws!.send(data);
  }

  protected doClose(): void {
    this.ws?.close();
  }

  /** In order: a Blob that has to be read first keeps back what comes after it. */
  #writeFrom(packets: readonly Packet[], at: number): void {
    let isSync = true;
    for (let reached = at; at < packets.length; at = reached) {
      const packet = packets[at]!;
      encodePacket(packet, this.supportsBinary, (data) => {
        if (this.readyState === "closed") return;
        this.writeFrame(data, packet);
        reached = at + 1;
        if (!isSync) this.#writeFrom(packets, reached);
      });
      if (reached === at) {
        isSync = false;
        return;
      }
    }
    this.writable = true;
    this.emitReserved("drain");
  }
}
