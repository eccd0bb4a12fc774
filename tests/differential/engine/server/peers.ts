import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { WebSocket } from "ws";
import { ask, type Answer, type Asked } from "../../../conformance/engine/http.ts";
import { CompressedFrames } from "./compressed-frames.ts";
import type { Posted, RawAct } from "./program.ts";

type Opening = RawAct & { readonly do: "raw opens" };
type Tell = (request: string, what: string) => void;

/** A peer that writes what it likes, and tells what it gets. In which order requests are answered that are under way at once is nobody's business. */
export class RawPeer {
  readonly #port: number;
  readonly #path: string;
  readonly who: string;
  readonly #opening: Opening;
  readonly #limitBytes: number;
  readonly #tell: Tell;
  #sid: string | undefined;
  #requests = 0;
  /** POSTs of whose bodies the rest is missing. */
  readonly #begun: { readonly asked: Asked; readonly rest: Buffer }[] = [];
  #held: Asked | undefined;
  #socket: WebSocket | undefined;

  constructor(port: number, path: string, who: string, opening: Opening, limitBytes: number, tell: Tell) {
    this.#port = port;
    this.#path = opening.path || path;
    this.who = who;
    this.#opening = opening;
    this.#limitBytes = limitBytes;
    this.#tell = tell;
    if (opening.over === "websocket") this.#connect("first");
    else this.#ask("handshake", opening.method, opening.query);
  }

  /** Whether what it gets depends on how fast a hanging poll is released (docs/differences.md). */
  get isUpgrading(): boolean {
    return this.#opening.over === "polling" && this.#socket !== undefined;
  }

  poll(query: Readonly<Record<string, string>>): void {
    this.#held = this.#ask("poll", "GET", { ...jsonp(this.#opening), ...query });
  }

  request(method: string): void {
    this.#ask("request", method, jsonp(this.#opening));
  }

  /** Whether a body is on its way. */
  get isPosting(): boolean {
    return this.#begun.length > 0;
  }

  /** @param isClosing whether the session waits for a request to end with: upstream's cannot be ended before */
  post(posted: Posted, isChunked: boolean, isClosing: boolean): void {
    const body = this.#bodyOf(posted);
    if (body === null || (isClosing && body.length > this.#limitBytes)) return;
    const headers = { "content-type": this.#typeOf(posted), ...(isChunked && { "transfer-encoding": "chunked" }) };
    this.#ask("post", "POST", jsonp(this.#opening), body, headers);
  }

  begin(posted: Posted): void {
    const body = this.#bodyOf(posted);
    // Ours refuses what announces too much with its first byte.
    if (body === null || body.length > this.#limitBytes) return;
    const half = body.length >> 1;
    const headers = { "content-type": this.#typeOf(posted), "content-length": String(body.length) };
    const asked = this.#ask("post", "POST", jsonp(this.#opening), body.subarray(0, half), headers, true);
    this.#begun.push({ asked, rest: body.subarray(half) });
  }

  goOn(how: "rest" | "abort"): void {
    const begun = this.#begun.shift();
    if (how === "abort") begun?.asked.abort();
    else begun?.asked.write(begun.rest);
  }

  abort(): void {
    this.#held?.abort();
  }

  probe(frames: readonly string[], between: () => Promise<void>): Promise<void> {
    // Without an id it would be a handshake.
    if (this.#sid === undefined) return Promise.resolve();
    this.#connect("probe");
    return between().then(async () => {
      for (const frame of frames) {
        this.send([frame]);
        await between();
      }
    });
  }

  /**
   * @param fragments of how many frames each message is made
   * @param size of the last one, in bytes more than the limit
   */
  send(frames: readonly string[], fragments = 1, size?: number): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    frames.forEach((frame, at) => {
      const isText = !frame.startsWith("bytes:");
      const payload = isText
        ? Buffer.from(this.#legible(frame))
        : Buffer.from(this.#opening.revision === 3 ? `04${frame.slice(6)}` : frame.slice(6), "hex");
      const missing = size === undefined || at < frames.length - 1 ? 0 : this.#limitBytes + size - payload.length;
      const whole = missing > 0 ? Buffer.concat([payload, Buffer.alloc(missing, "z")]) : payload;
      const step = Math.ceil(whole.length / fragments) || 1;
      for (let from = 0; from === 0 || from < whole.length; from += step)
        socket.send(whole.subarray(from, from + step), { binary: !isText, fin: from + step >= whole.length });
    });
  }

  ping(data: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping(data);
  }

  leave(how: "close" | "close 4000" | "cut"): void {
    if (how === "close") this.#socket?.close();
    else if (how === "close 4000") this.#socket?.close(4000, "left");
    else this.#socket?.terminate();
  }

  close(): void {
    this.#held?.abort();
    for (const { asked } of this.#begun) asked.abort();
    this.#socket?.terminate();
  }

  /** Null if a body of this size is no matter here. */
  #bodyOf({ units, size }: Posted): Buffer | null {
    const packets = units
      .map((unit) => this.#legible(unit))
      .map((unit) =>
        unit.startsWith("bytes:")
          ? `${this.#opening.revision === 3 ? "b4" : "b"}${Buffer.from(unit.slice(6), "hex").toString("base64")}`
          : unit,
      );
    const body = this.#encoded(packets);
    const wanted = size === undefined ? body.length : this.#limitBytes + size;
    // Bodies that are too large end sessions here, those of peers that are far when they arrive (docs/differences.md).
    if (wanted > MOST_BYTES || (wanted > this.#limitBytes && this.#opening.isFar)) return null;
    for (let missing = Math.max(0, wanted - body.length - 20); missing < wanted - body.length; missing++) {
      const filled = this.#encoded([...packets, `4${"z".repeat(missing)}`]);
      if (filled.length === wanted) return filled;
    }
    return body;
  }

  #encoded(packets: readonly string[]): Buffer {
    const body =
      this.#opening.revision === 4 ? packets.join("\x1e") : packets.map((one) => `${one.length}:${one}`).join("");
    return Buffer.from(this.#opening.query["j"] === undefined ? body : `d=${encodeURIComponent(body)}`);
  }

  #typeOf({ type }: Posted): string {
    return this.#opening.query["j"] === undefined ? type : "application/x-www-form-urlencoded";
  }

  #target(transport: string, query: Readonly<Record<string, string>>): string {
    const all = {
      who: this.who,
      EIO: String(this.#opening.revision),
      transport,
      ...(this.#sid !== undefined && { sid: this.#sid }),
      ...query,
    };
    return `${this.#path}?${new URLSearchParams(all).toString()}`;
  }

  #ask(
    what: string,
    method: string,
    query: Readonly<Record<string, string>>,
    body?: Buffer,
    headers: Record<string, string> = {},
    isOpen = false,
  ): Asked {
    const name = `${what} ${this.#requests++}`;
    const all = { ...this.#opening.headers, ...headers };
    const asked = ask(this.#port, method, this.#target("polling", query), body, all, isOpen);
    asked.answer.then(
      (answer) => this.#told(name, answer),
      () => this.#tell(name, "broken"),
    );
    return asked;
  }

  #told(name: string, { status, headers, bytes }: Answer): void {
    const body = EXPAND[headers["content-encoding"] ?? ""]?.(bytes) ?? bytes;
    this.#learn(body.toString());
    const isBytes = headers["content-type"] === "application/octet-stream";
    const text = isBytes ? body.toString("hex").replace(Buffer.from(this.#sid!).toString("hex"), "<id>") : String(body);
    this.#tell(name, `${status} ${headersOf(headers)} ${text}`);
  }

  /** In revision 3 bytes as text have a type, too; without one upstream's makes a packet of no type of them. */
  #legible(unit: string): string {
    return this.#opening.revision === 3 && /^b(?!4|ytes)/.test(unit) ? `b4${unit.slice(1)}` : unit;
  }

  #learn(text: string): void {
    this.#sid ??= /\\?"sid\\?":\\?"([^"\\]+)/.exec(text)?.[1];
  }

  #connect(what: string): void {
    const name = `${what} ${this.#requests++}`;
    const query = what === "first" ? this.#opening.query : {};
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}${this.#target("websocket", query)}`, {
      headers: this.#opening.headers,
      perMessageDeflate: this.#opening.deflates && { threshold: 0 },
    });
    const compressed = new CompressedFrames();
    const older = this.#socket;
    this.#socket = socket;
    older?.terminate();
    // docs/differences.md: the cookie.
    socket.on("upgrade", ({ socket: connection, headers: { "set-cookie": _cookie, ...headers } }) => {
      this.#tell(name, `101 ${headersOf(headers)}`);
      compressed.watch(connection);
    });
    socket.on("unexpected-response", (request, response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => {
        this.#tell(name, `${response.statusCode} ${headersOf(response.headers)} ${body}`);
        request.destroy();
      });
    });
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) this.#learn(data.toString());
      this.#tell(name, `${compressed.next() ? "compressed " : ""}${data.toString(isBinary ? "hex" : "utf8")}`);
    });
    socket.on("pong", (data) => this.#tell(name, `pong ${String(data)}`));
    socket.on("close", (code) => this.#tell(name, `closed ${code}`));
    socket.on("error", () => this.#tell(name, `error`));
  }
}

/** Larger bodies are not made. */
const MOST_BYTES = 4000;

const EXPAND: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function jsonp({ query: { j } }: Opening): Record<string, string> {
  return j === undefined ? {} : { j };
}

/** Those that an engine writes. */
function headersOf(headers: Readonly<Record<string, unknown>>): string {
  const {
    date: _date,
    connection: _connection,
    "keep-alive": _keepAlive,
    "sec-websocket-accept": _accept,
    upgrade: _upgrade,
    ...rest
  } = headers;
  return JSON.stringify(Object.fromEntries(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1))));
}
