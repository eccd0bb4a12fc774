import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { close, ping, text } from "../../support/raw-frames.ts";

/** What a server sent on an upgraded connection, in the form of the vectors. */
export type Seen =
  | { readonly text: string; readonly rsv1: boolean }
  | { readonly bin: string; readonly rsv1: boolean }
  | { readonly close: number | null; readonly reason: string }
  | { readonly closed: true }
  | { readonly timeout: true };

/** A connection spoken by hand: what is answered is kept byte by byte, or taken apart into frames however wrong they are. */
export class BytesPeer {
  /** The answer's head, without its last line ends; empty if there was none. */
  head = "";
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #changed = (): void => {};

  constructor(port: number, request: string) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#changed();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
    this.#socket.write(request, "latin1");
  }

  get isClosed(): boolean {
    return this.#ended;
  }

  /** Waits for the head of the answer; true if it says 101. */
  async upgraded(): Promise<boolean> {
    if (this.head === "") {
      const end = await this.#until(() => this.#bytes.indexOf("\r\n\r\n") + 1);
      this.head = this.#bytes.toString("latin1", 0, Math.max(0, end - 1));
      this.#bytes = this.#bytes.subarray(end === 0 ? 0 : end + 3);
    }
    return this.head.startsWith("HTTP/1.1 101");
  }

  /** The answer's head in the form of the vectors. */
  get response(): { status: number; headers: string[][]; body: string } {
    const [status = "", ...lines] = this.head.split("\r\n");
    const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
    return { status: Number(status.split(" ")[1]), headers, body: "" };
  }

  /** All that comes, head included, until the server ends the connection or `last` has arrived. */
  async all(last?: string): Promise<string> {
    await this.#until(() => (last !== undefined && this.#bytes.includes(last) ? 1 : 0));
    return `${this.head === "" ? "" : `${this.head}\r\n\r\n`}${this.#bytes.toString("latin1")}`;
  }

  /** Sends a text message, or bytes as they are. */
  send(data: string | Buffer): void {
    this.#socket.write(typeof data === "string" ? text(data) : data);
  }

  /** The next frame, or the end of the connection. */
  async next(): Promise<Seen> {
    await this.upgraded();
    const size = await this.#until(() => frameSize(this.#bytes));
    if (size === 0) return { closed: true };
    const frame = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return describe(frame);
  }

  /** The next frame, or that nothing comes: the answer to a ping is the first thing that does. */
  async nextIfAny(): Promise<Seen> {
    this.send(ping("any?"));
    const seen = await this.next();
    return "bin" in seen && seen.bin === Buffer.from("any?").toString("hex") ? { timeout: true } : seen;
  }

  /** Ends the connection as RFC 6455 asks for. */
  leave(): void {
    this.send(close(1000));
  }

  /** Ends it without a word. */
  async abort(): Promise<void> {
    this.#socket.destroy();
    if (!this.#ended) await once(this.#socket, "close");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits for a number above 0, or the end: 0. */
  async #until(value: () => number): Promise<number> {
    for (;;) {
      const now = value();
      if (now > 0 || this.#ended) return now;
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}

/** 0 if it has not arrived in whole. */
function frameSize(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const short = bytes[1]! & 0x7f;
  const from = headerSize(short);
  if (bytes.length < from) return 0;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return bytes.length < from + length ? 0 : from + length;
}

function headerSize(short: number): number {
  return short < 126 ? 2 : short === 126 ? 4 : 10;
}

/** HTTP text within an upgraded connection, which upstream sends, reads as a close frame. */
function describe(frame: Buffer): Seen {
  const payload = frame.subarray(headerSize(frame[1]! & 0x7f));
  const rsv1 = (frame[0]! & 0x40) !== 0;
  switch (frame[0]! & 0x0f) {
    case 1:
      return { text: rsv1 ? "" : payload.toString(), rsv1 };
    case 8:
      return payload.length < 2
        ? { close: null, reason: "" }
        : { close: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    default:
      return { bin: payload.toString("hex"), rsv1 };
  }
}
