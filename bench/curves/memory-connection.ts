import { Duplex } from "node:stream";

/** The server's end of a connection that is no socket. What the client sends is pushed; what it gets is counted. */
export class MemoryConnection extends Duplex {
  /** In bytes. */
  written = 0;
  readonly remoteAddress = "127.0.0.1";

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written += chunk.length;
    done();
  }
}
