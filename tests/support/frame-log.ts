import type { Socket } from "node:net";

/** Takes apart frames that have arrived: {@link describeFrames} or {@link describeMaskedFrames} of raw-frames.ts. */
export type Describe = (bytes: Buffer) => { readonly lines: string[]; readonly rest: Buffer };

/** What arrives on a connection that becomes a WebSocket: a head, then frames. */
export class FrameLog {
  /** Of the request or the answer; empty until it is whole. */
  head = "";
  /** Frames that have arrived, and at last `end` or `reset`. */
  readonly lines: string[] = [];
  readonly #describe: Describe;
  #bytes: Buffer = Buffer.alloc(0);
  #changed = (): void => {};

  constructor(socket: Socket, describe: Describe) {
    this.#describe = describe;
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.on("error", () => this.#add("reset"));
    socket.on("end", () => this.#add("end"));
  }

  get isOver(): boolean {
    return this.lines.includes("end") || this.lines.includes("reset");
  }

  /** Resolves with the next thing that arrives. */
  change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  #onData(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.head === "") {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.head = this.#bytes.toString("latin1", 0, end + 4);
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    const { lines, rest } = this.#describe(this.#bytes);
    this.#bytes = rest;
    this.lines.push(...lines);
    this.#changed();
  }

  #add(line: string): void {
    this.lines.push(line);
    this.#changed();
  }
}
