import { WebSocket } from "ws";
import { ask, type Answer, type Asked } from "../../../conformance/engine/http.ts";
import type { RawAct } from "./program.ts";

type Opening = RawAct & { readonly do: "raw opens" };
type Tell = (request: string, what: string) => void;

/** A peer that writes what it likes, and tells what it gets. In which order requests are answered that are under way at once is nobody's business. */
export class RawPeer {
  readonly #port: number;
  readonly #path: string;
  readonly #who: string;
  readonly #opening: Opening;
  readonly #tell: Tell;
  #sid: string | undefined;
  #requests = 0;
  #held: Asked | undefined;
  #socket: WebSocket | undefined;

  constructor(port: number, path: string, who: string, opening: Opening, tell: Tell) {
    this.#port = port;
    this.#path = opening.path || path;
    this.#who = who;
    this.#opening = opening;
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

  post(units: readonly string[], type: string): void {
    const packets = units
      .map((unit) => this.#legible(unit))
      .map((unit) =>
        unit.startsWith("bytes:")
          ? `${this.#opening.revision === 3 ? "b4" : "b"}${Buffer.from(unit.slice(6), "hex").toString("base64")}`
          : unit,
      );
    const body =
      this.#opening.revision === 4 ? packets.join("\x1e") : packets.map((one) => `${one.length}:${one}`).join("");
    // Bodies that are too large end sessions here (docs/differences.md).
    if (Buffer.byteLength(body) > 280) return;
    const isForm = this.#opening.query["j"] !== undefined;
    this.#ask("post", "POST", jsonp(this.#opening), isForm ? `d=${encodeURIComponent(body)}` : body, {
      "content-type": isForm ? "application/x-www-form-urlencoded" : type,
    });
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

  send(frames: readonly string[]): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (const frame of frames.map((one) => this.#legible(one)))
      socket.send(
        frame.startsWith("bytes:")
          ? Buffer.from(this.#opening.revision === 3 ? `04${frame.slice(6)}` : frame.slice(6), "hex")
          : frame,
      );
  }

  leave(how: "close" | "cut"): void {
    if (how === "close") this.#socket?.close();
    else this.#socket?.terminate();
  }

  close(): void {
    this.#held?.abort();
    this.#socket?.terminate();
  }

  #target(transport: string, query: Readonly<Record<string, string>>): string {
    const all = {
      who: this.#who,
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
    body?: string,
    headers: Record<string, string> = {},
  ): Asked {
    const name = `${what} ${this.#requests++}`;
    const asked = ask(this.#port, method, this.#target("polling", query), body, {
      ...this.#opening.headers,
      ...headers,
    });
    asked.answer.then(
      (answer) => this.#told(name, answer),
      () => this.#tell(name, "broken"),
    );
    return asked;
  }

  #told(name: string, { status, headers, body, bytes }: Answer): void {
    this.#learn(body);
    const text = headers["content-type"] === "application/octet-stream" ? bytes.toString("hex") : body;
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
      perMessageDeflate: false,
    });
    const older = this.#socket;
    this.#socket = socket;
    older?.terminate();
    // docs/differences.md: the cookie.
    socket.on("upgrade", ({ headers: { "set-cookie": _cookie, ...headers } }) =>
      this.#tell(name, `101 ${headersOf(headers)}`),
    );
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
      this.#tell(name, data.toString(isBinary ? "hex" : "utf8"));
    });
    socket.on("close", (code) => this.#tell(name, `closed ${code}`));
    socket.on("error", () => this.#tell(name, `error`));
  }
}

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
