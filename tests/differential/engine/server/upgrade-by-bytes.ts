import { connect, type Socket } from "node:net";
import { describeFrames } from "../../../support/raw-frames.ts";
import { upgradeRequest } from "../../../support/upgrade-request.ts";

/** A request for a WebSocket that may be wrong in any way, and what comes back. */
export class UpgradeByBytes {
  readonly #socket: Socket;
  readonly #tell: (what: string) => void;
  #head = "";
  #bytes: Buffer = Buffer.alloc(0);
  #end = "";

  constructor(
    port: number,
    method: string,
    target: string,
    headers: Readonly<Record<string, string | null>>,
    tell: (what: string) => void,
  ) {
    this.#tell = tell;
    this.#socket = connect(port, "127.0.0.1", () => this.#socket.write(upgradeRequest(target, headers, method)));
    this.#socket.on("data", (bytes) => (this.#bytes = Buffer.concat([this.#bytes, bytes])));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => (this.#end = "closed"));
  }

  /** Tells what has come since. */
  tell(): void {
    const headEnd = this.#bytes.indexOf("\r\n\r\n");
    if (this.#head === "" && headEnd !== -1) {
      this.#head = this.#bytes.toString("latin1", 0, headEnd);
      this.#bytes = this.#bytes.subarray(headEnd + 4);
      const [status, ...lines] = this.#head.split("\r\n").filter((line) => !LEFT_OUT.test(line));
      this.#tell([status, ...lines.map((line) => line.toLowerCase()).sort()].join(", "));
    }
    if (this.#bytes.length > 0 && this.#head.includes("Sec-WebSocket-Accept")) {
      const { lines, rest } = describeFrames(this.#bytes);
      this.#bytes = rest;
      for (const line of lines) this.#tell(line);
    } else if (this.#bytes.length > 0) {
      this.#tell(this.#bytes.toString("latin1"));
      this.#bytes = Buffer.alloc(0);
    }
    if (this.#end !== "") this.#tell(this.#end);
    this.#end = "";
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** docs/differences.md: the cookie. */
const LEFT_OUT = /^(?:date|keep-alive|set-cookie):/i;
