/**
 * An accepted WebTransport session: that of browsers, of Deno and of the packages that bring HTTP/3 to Node.js. Structural, so
 * that no declarations but ours are needed.
 */
export interface WebTransportSession {
  /** Whether the session can be used. Absent: at once. */
  readonly ready?: PromiseLike<unknown>;
  /** Settles with the end of the session; a rejection is a failure. */
  readonly closed: PromiseLike<unknown>;
  readonly incomingBidirectionalStreams: { getReader(): StreamReader<BidirectionalStream> };
  close(): unknown;
}

/** The one stream that carries all packets both ways (protocols.md 1.12). */
export interface BidirectionalStream {
  readonly readable: { getReader(): StreamReader<Uint8Array> };
  readonly writable: { getWriter(): StreamWriter };
}

/** Of a ReadableStream's reader, what is used here. */
export interface StreamReader<T> {
  read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
}

/** Of a WritableStream's writer, what is used here. */
export interface StreamWriter {
  /** Settles once the layer below has taken the chunk: that is all the flow control there is to know. */
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
