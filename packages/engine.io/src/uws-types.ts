/**
 * What is used of uWebSockets.js, which the application brings along: it is native, and not on the package registry. Typed by
 * its documentation (version 20), as far as it is used.
 */
export interface UwsApp {
  any(pattern: string, handler: UwsHandler): unknown;
  get(pattern: string, handler: UwsHandler): unknown;
  ws(pattern: string, behavior: UwsBehavior): unknown;
}

export type UwsHandler = (res: UwsHttpResponse, req: UwsHttpRequest) => void;

/** Valid only until the handler returns. */
export interface UwsHttpRequest {
  getHeader(lowerCaseName: string): string;
  getUrl(): string;
  getMethod(): string;
  getQuery(): string;
  /** True: another route shall serve it. */
  setYield(isYielded: boolean): unknown;
  forEach(callback: (lowerCaseName: string, value: string) => void): void;
}

/** Valid until it is answered or aborted; afterwards every method throws. */
export interface UwsHttpResponse {
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(body?: string | Uint8Array): unknown;
  /**
   * Answers with as much of the body as is taken at once.
   * @param totalSize of the whole body, in bytes
   * @returns whether all of this was taken, and whether the answer is complete; if not, the handler of {@link onWritable} follows
   */
  tryEnd(body: Uint8Array, totalSize: number): [isTaken: boolean, isComplete: boolean];
  /** @param handler gets how many bytes of the body have been taken; returns whether what it wrote was */
  onWritable(handler: (offset: number) => boolean): unknown;
  close(): unknown;
  onAborted(handler: () => void): unknown;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  getRemoteAddressAsText(): ArrayBuffer;
  /** Gathers what the callback writes into one packet. */
  cork(callback: () => void): unknown;
  /** Answers with 101. Calls `open` before it returns. */
  upgrade(userData: object, key: string, protocol: string, extensions: string, context: UwsContext): void;
}

/** Belongs to a route; only handed back. */
export type UwsContext = object;

/** Valid until `close`, or a call of {@link end} or {@link UwsWebSocket.close}; afterwards every method throws. */
export interface UwsWebSocket {
  /** 1: sent; 0: some of it waits, `drain` follows; 2: dropped, since more than `maxBackpressure` waits already. */
  send(message: Uint8Array, isBinary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  /** Gathers what the callback sends into one write. */
  cork(callback: () => void): unknown;
  /** The closing handshake; without a code, one without a status. Calls `close` before it returns. */
  end(code?: number, reason?: string): void;
  /** The end at once. Calls `close` before it returns. */
  close(): void;
  getUserData(): object;
}

/** How WebSockets are served; row E-34. */
export interface UwsOptions {
  /**
   * Which compressor: one of the constants of uWebSockets.js, `SHARED_COMPRESSOR` for instance.
   * @default 0, none
   */
  compression?: number;
  /**
   * How long a connection may be silent, in seconds. Must be more than a heartbeat takes.
   * @default 120
   */
  idleTimeout?: number;
  /**
   * With more than this waiting for the operating system, in bytes, messages are kept here until it has taken some.
   * @default 65536
   */
  maxBackpressure?: number;
}

export interface UwsBehavior extends UwsOptions {
  maxPayloadLength: number;
  upgrade(res: UwsHttpResponse, req: UwsHttpRequest, context: UwsContext): void;
  open(ws: UwsWebSocket): void;
  message(ws: UwsWebSocket, message: ArrayBuffer, isBinary: boolean): void;
  drain(ws: UwsWebSocket): void;
  close(ws: UwsWebSocket, code: number, message: ArrayBuffer): void;
}
