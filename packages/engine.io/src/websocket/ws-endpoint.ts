import type { Duplex } from "node:stream";
import type { Frame } from "engine.io-parser/websocket";
import type { WebSocket } from "ws";
import { flushAtEndOfTick, type Gathering } from "./end-of-tick.js";
import type { Endings } from "./endings.js";
import { isOfWriting, type EndpointListener, type WebSocketEndpoint } from "./endpoint.js";

/** With so many bytes gathered they leave before the end of the tick. */
const FLUSH_BYTES = 16_384;

const ENDPOINT = Symbol("endpoint");

interface Message {
  readonly compress: boolean;
}

const COMPRESSED: Message = { compress: true };
const PLAIN: Message = { compress: false };

/** What third-party code knows of the inside of `ws` (row D-29). It takes frames that were made beforehand. */
interface Sender {
  sendFrame?(frame: Frame, callback?: () => void): void;
}

/**
 * A WebSocket of the package `ws`, or of what has its interface. The connection is corked from the first message of a tick to
 * its end, and while something is read: so what is written leaves at once, pongs of `ws` among it.
 */
export class WsEndpoint implements WebSocketEndpoint, Gathering {
  readonly socket: WebSocket;
  listener: EndpointListener | null = null;
  readonly #connection: Duplex;
  readonly #endings: Endings;
  #corked = false;
  /** Why messages did not leave: most have no callback that would be told. */
  #failure: Error | undefined;
  /** Somebody will call {@link flush}. */
  #willFlush = false;
  /** Made when first needed: most connections never have more to send than the operating system takes. */
  #written: ((error?: Error | null) => void) | undefined;

  constructor(socket: WebSocket, connection: Duplex, endings: Endings) {
    this.socket = socket;
    this.#connection = connection;
    this.#endings = endings;
    (socket as Bound<WebSocket>)[ENDPOINT] = this;
    (connection as Bound<Duplex>)[ENDPOINT] = this;
    socket.on("message", onMessage);
    socket.on("error", onError);
    socket.on("close", onClose);
    connection.on("error", onConnectionError);
    // Listening would make a stream flow that an engine of another make reads in its own way.
    if (connection.listenerCount("data") === 0) return;
    connection.prependListener("data", beginRead);
    connection.on("data", endRead);
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  get takesFrames(): boolean {
    const { socket } = this;
    return socket.readyState === 1 && !socket.extensions && senderOf(socket)?.sendFrame !== undefined;
  }

  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void {
    const options = compress ? COMPRESSED : PLAIN;
    this.#gather();
    if (notify) this.socket.send(data, options, this.#whenWritten());
    else this.socket.send(data, options);
    this.#limit();
  }

  sendFrame(frame: Frame, notify: boolean): void {
    this.#gather();
    senderOf(this.socket)!.sendFrame!(frame, notify ? this.#whenWritten() : undefined);
    this.#limit();
  }

  close(): void {
    if (this.socket.readyState !== 3) this.#endings.begin(this);
    this.socket.close();
    this.flush();
  }

  terminate(): void {
    this.socket.terminate();
  }

  flush(): void {
    this.#willFlush = false;
    this.#uncork();
  }

  /** `ws` destroys the connection. */
  onConnectionError(error: Error): void {
    if (isOfWriting(error)) this.#failure = error;
  }

  onClose(): void {
    this.#endings.finish(this);
    this.listener?.onClose(this.#failure);
  }

  /** Something has arrived, and `ws` is going to read it. */
  beginRead(): void {
    this.#willFlush = true;
    this.#cork();
  }

  #gather(): void {
    this.#cork();
    if (this.#willFlush) return;
    this.#willFlush = true;
    flushAtEndOfTick(this);
  }

  #limit(): void {
    if (this.#connection.writableLength >= FLUSH_BYTES) this.#uncork();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#connection.cork();
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#connection.uncork();
  }

  #whenWritten(): (error?: Error | null) => void {
    // After an error `close` follows.
    return (this.#written ??= (error) => {
      if (!error) this.listener?.onWritten();
    });
  }
}

type Bound<T> = T & { [ENDPOINT]: WsEndpoint };

function senderOf(socket: WebSocket): Sender | undefined {
  return (socket as unknown as { _sender?: Sender })._sender;
}

// Functions of the module, not closures: there may be very many connections.

function beginRead(this: Duplex): void {
  (this as Bound<Duplex>)[ENDPOINT].beginRead();
}

function endRead(this: Duplex): void {
  (this as Bound<Duplex>)[ENDPOINT].flush();
}

function onMessage(this: WebSocket, data: Buffer | ArrayBuffer | string, isBinary: boolean): void {
  const listener = listenerOf(this);
  if (listener === null) return;
  if (typeof data === "string") return listener.onMessage(data);
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data);
  listener.onMessage(isBinary ? bytes : bytes.toString());
}

function onError(this: WebSocket, error: unknown): void {
  listenerOf(this)?.onError(error);
}

function onClose(this: WebSocket): void {
  (this as Bound<WebSocket>)[ENDPOINT].onClose();
}

function onConnectionError(this: Duplex, error: Error): void {
  (this as Bound<Duplex>)[ENDPOINT].onConnectionError(error);
}

function listenerOf(socket: WebSocket): EndpointListener | null {
  return (socket as Bound<WebSocket>)[ENDPOINT].listener;
}
