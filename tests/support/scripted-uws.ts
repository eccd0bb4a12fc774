import type { UwsApp, UwsOptions } from "engine.io";

/**
 * An app of uWebSockets.js that does what the test says, with the rules of the real one: requests are valid only in their
 * handler, answers and WebSockets throw once they are over, bytes are gone after the callback. For what the real one does
 * rarely, and for machines that don't have it.
 */
export class ScriptedApp implements UwsApp {
  /** The routes for GET alone. */
  readonly gets: string[] = [];
  path = "";
  webSocketPath = "";
  behavior: (UwsOptions & Behavior) | undefined;
  #handler: Handler = () => {};

  any(path: string, handler: Handler): void {
    this.path = path;
    this.#handler = handler;
  }

  get(path: string): void {
    this.gets.push(path);
  }

  ws(path: string, behavior: UwsOptions & Behavior): void {
    this.webSocketPath = path;
    this.behavior = behavior;
  }

  request(method: string, query: string, headers: Record<string, string> = {}): ScriptedResponse {
    const response = new ScriptedResponse();
    const request = new ScriptedRequest(method, this.path, query, headers);
    this.#handler(response, request);
    request.isValid = false;
    return response;
  }

  /** An upgrade request; the WebSocket is there if it was accepted. */
  upgrade(query: string): ScriptedResponse {
    const response = new ScriptedResponse(this.behavior);
    const request = new ScriptedRequest("get", this.path, query, { "sec-websocket-key": "key" });
    this.behavior!.upgrade(response, request, {});
    request.isValid = false;
    return response;
  }
}

export class ScriptedResponse {
  /** Status, headers and body as they were written. */
  readonly written: unknown[] = [];
  webSocket: ScriptedWebSocket | undefined;
  readonly #behavior: Behavior | undefined;
  #state: "open" | "over" = "open";
  /** How large an answer may be, in bytes, to be taken at once. */
  takes = Infinity;
  #isCorked = false;
  #onWritable: (offset: number) => boolean = () => true;
  #onAborted = (): void => {};
  #onData: ((chunk: ArrayBuffer, isLast: boolean) => void) | undefined;

  constructor(behavior?: Behavior) {
    this.#behavior = behavior;
  }

  onAborted(handler: () => void): void {
    this.#onAborted = handler;
  }

  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): void {
    this.#onData = handler;
  }

  getRemoteAddressAsText(): ArrayBuffer {
    this.#check();
    return new TextEncoder().encode("::1").buffer;
  }

  cork(callback: () => void): void {
    this.#check();
    this.#isCorked = true;
    callback();
    this.#isCorked = false;
  }

  writeStatus(status: string): void {
    this.#write(status);
  }

  writeHeader(name: string, value: string): void {
    this.#write(`${name}: ${value}`);
  }

  /** Takes all, or nothing of a body that is larger than {@link takes}: then it is to be offered again. */
  tryEnd(body: Uint8Array, totalSize: number): [boolean, boolean] {
    this.#check();
    if (body.length > this.takes) return [false, false];
    if (body.length !== totalSize) throw new Error("not the whole body, though nothing was taken of it");
    this.end(body);
    return [true, true];
  }

  onWritable(handler: (offset: number) => boolean): void {
    this.#check();
    this.#onWritable = handler;
  }

  /** The operating system takes the answer. */
  drain(): void {
    this.takes = Infinity;
    this.#isCorked = true;
    this.#onWritable(0);
    this.#isCorked = false;
  }

  end(body: string | Uint8Array = ""): void {
    this.#write(typeof body === "string" ? body : Buffer.from(body).toString());
    this.#state = "over";
  }

  close(): void {
    this.#check();
    this.abort();
  }

  upgrade(userData: object): void {
    this.#write("upgrade");
    this.#state = "over";
    this.webSocket = new ScriptedWebSocket(this.#behavior!, userData);
    this.#behavior!.open(this.webSocket);
  }

  /** The peer leaves. */
  abort(): void {
    this.#state = "over";
    this.#onAborted();
  }

  /** A piece of the body arrives; the bytes are gone afterwards. */
  data(text: string, isLast: boolean): void {
    const chunk = new TextEncoder().encode(text).buffer;
    this.#onData?.(chunk, isLast);
    structuredClone(chunk, { transfer: [chunk] });
  }

  #write(what: string): void {
    this.#check();
    if (!this.#isCorked) throw new Error("written outside of cork()");
    this.written.push(what);
  }

  #check(): void {
    if (this.#state === "over") throw new Error("the response is over");
  }
}

export class ScriptedWebSocket {
  /** What was sent: data, whether it was binary, whether to be compressed. */
  readonly sent: unknown[] = [];
  /** What `send` answers: 2 drops the message. */
  verdict: 0 | 1 | 2 = 1;
  bufferedAmount = 0;
  /** How many messages each cork gathered. */
  readonly corks: number[] = [];
  /** How it ended; null: it has not. */
  ended: "end" | "close" | null = null;
  readonly #behavior: Behavior;
  readonly #userData: object;

  constructor(behavior: Behavior, userData: object) {
    this.#behavior = behavior;
    this.#userData = userData;
  }

  send(data: Uint8Array, isBinary: boolean, compress: boolean): number {
    this.#check();
    if (this.verdict !== 2)
      this.sent.push([isBinary ? Buffer.from(data) : Buffer.from(data).toString(), isBinary, compress]);
    return this.verdict;
  }

  cork(callback: () => void): void {
    this.#check();
    const before = this.sent.length;
    callback();
    this.corks.push(this.sent.length - before);
  }

  getBufferedAmount(): number {
    this.#check();
    return this.bufferedAmount;
  }

  getUserData(): object {
    this.#check();
    return this.#userData;
  }

  end(code?: number): void {
    this.#check();
    if (code !== undefined) throw new Error("a status was given");
    this.#finish("end");
  }

  close(): void {
    this.#check();
    this.#finish("close");
  }

  /** A text arrives. */
  receive(text: string): void {
    this.#behavior.message(this, new TextEncoder().encode(text).buffer, false);
  }

  /** The operating system takes something. */
  drain(verdict: 0 | 1 | 2, bufferedAmount: number): void {
    this.verdict = verdict;
    this.bufferedAmount = bufferedAmount;
    this.#behavior.drain(this);
  }

  /** The library ends it: `reason` is its own text with 1006, else the peer's. */
  lose(code: number, reason: string): void {
    this.#finish("close", code, reason);
  }

  #finish(how: "end" | "close", code = 1005, reason = ""): void {
    this.#behavior.close(this, code, new TextEncoder().encode(reason).buffer);
    this.ended = how;
  }

  #check(): void {
    if (this.ended !== null) throw new Error("the WebSocket is over");
  }
}

type Handler = Parameters<UwsApp["any"]>[1];
type Behavior = Parameters<UwsApp["ws"]>[1];

class ScriptedRequest {
  isValid = true;
  readonly #method: string;
  readonly #path: string;
  readonly #query: string;
  readonly #headers: Record<string, string>;

  constructor(method: string, path: string, query: string, headers: Record<string, string>) {
    this.#method = method;
    this.#path = path;
    this.#query = query;
    this.#headers = headers;
  }

  getMethod(): string {
    return this.#checked(this.#method);
  }

  getUrl(): string {
    return this.#checked(this.#path);
  }

  getQuery(): string {
    return this.#checked(this.#query);
  }

  getHeader(name: string): string {
    return this.#checked(this.#headers[name] ?? "");
  }

  forEach(callback: (name: string, value: string) => void): void {
    for (const [name, value] of Object.entries(this.#checked(this.#headers))) callback(name, value);
  }

  setYield(): void {}

  #checked<Value>(value: Value): Value {
    if (!this.isValid) throw new Error("the request is gone");
    return value;
  }
}
