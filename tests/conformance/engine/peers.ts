import { BytePeer } from "../../support/websocket-bindings.ts";
import { close, frame } from "../../support/raw-frames.ts";
import { packet, type Codec, type EnginePacket } from "./codec.ts";
import { ask, bodyOf, type Answer, type Asked } from "./http.ts";

/** The client's end of a session: it speaks the protocol by hand, a transport and a revision each in its way. */
export interface Peer {
  /** One unit: packets of one POST, or one frame after the other in one write. */
  send(...packets: EnginePacket[]): Promise<void>;
  /** Something that need not be a packet: a body, or a frame's payload. */
  sendRaw(unit: string | Buffer): Promise<void>;
  /** The next `count` packets, in however many polls or frames the server sends them. */
  receive(count: number): Promise<EnginePacket[]>;
  /** The bytes of the packets that {@link receive} gave, before they were decoded; the newest last. */
  readonly units: readonly (string | Buffer)[];
  /** Ends the session as clients do. */
  leave(): Promise<void>;
  /** Breaks the connection in the midst of things. A polling client has to hold a GET. */
  drop(): void;
  /** How the server ended it: a close packet, a refusal, a close frame. Reads what comes before it and forgets it. */
  end(): Promise<string>;
}

export class PollingPeer implements Peer {
  readonly units: (string | Buffer)[] = [];
  readonly #port: number;
  readonly #path: string;
  readonly #codec: Codec;
  readonly #isJsonp: boolean;
  readonly #received: EnginePacket[] = [];
  /** A GET that has been sent and whose answer nobody has taken. */
  #held: Asked | null = null;

  constructor(port: number, path: string, codec: Codec, isJsonp: boolean) {
    this.#port = port;
    this.#path = path;
    this.#codec = codec;
    this.#isJsonp = isJsonp;
  }

  /** Sends a GET and does not wait for its answer; {@link receive} does. */
  poll(): Asked {
    return (this.#held ??= ask(this.#port, "GET", this.#path));
  }

  /** The packets of an answer to a GET. */
  read(answer: Answer): EnginePacket[] {
    const body = bodyOf(answer);
    const unit = this.#isJsonp && typeof body === "string" ? unwrapped(body) : body;
    this.units.push(unit);
    return this.#codec.readBody(unit);
  }

  /** A body as this kind of client sends it. */
  post(body: string | Buffer, headers: Record<string, string> = {}): Asked {
    const type = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    const form = "application/x-www-form-urlencoded";
    return this.#isJsonp
      ? ask(this.#port, "POST", this.#path, `d=${encodeURIComponent(escaped(body))}`, { "Content-Type": form })
      : ask(this.#port, "POST", this.#path, body, { "Content-Type": type, ...headers });
  }

  ask(method: string, body?: string | Buffer, headers?: Record<string, string>): Asked {
    return ask(this.#port, method, this.#path, body, headers);
  }

  async send(...packets: EnginePacket[]): Promise<void> {
    await this.sendRaw(this.#codec.body(packets, !this.#isJsonp));
  }

  async sendRaw(unit: string | Buffer): Promise<void> {
    const { status, body } = await this.post(unit).answer;
    if (status !== 200 || body !== "ok") throw new Error(`POST was answered ${status} ${body}`);
  }

  async receive(count: number): Promise<EnginePacket[]> {
    while (this.#received.length < count) {
      const { status, body } = await this.#take();
      if (status !== 200) throw new Error(`GET was answered ${status} ${body}`);
    }
    return this.#received.splice(0, count);
  }

  async leave(): Promise<void> {
    await this.send(packet("close"));
  }

  drop(): void {
    this.#held?.abort();
    this.#held = null;
  }

  async end(): Promise<string> {
    for (;;) {
      const { status, body } = await this.#take();
      if (status !== 200) return `${status} ${body}`.trim();
      const last = this.#received.at(-1);
      this.#received.length = 0;
      if (last?.type === "close") return "close packet";
    }
  }

  async #take(): Promise<{ status: number; body: string }> {
    const asked = this.poll();
    const answer = await asked.answer;
    this.#held = null;
    if (answer.status === 200) this.#received.push(...this.read(answer));
    return { status: answer.status, body: answer.body };
  }
}

/** Form fields lose newlines on their way, so clients write them as backslash and n (protocols.md 2.6). */
function escaped(body: string | Buffer): string {
  if (typeof body !== "string") throw new Error("a form carries text alone");
  return body.replaceAll("\\n", "\\\\n").replaceAll("\n", "\\n");
}

/** @param script `___eio[0]("…");` */
function unwrapped(script: string): string {
  const match = /^___eio\[0\]\((".*")\);$/su.exec(script);
  if (match === null) throw new Error(`not a script: ${script}`);
  return JSON.parse(match[1]!) as string;
}

export class WebSocketPeer implements Peer {
  readonly units: (string | Buffer)[] = [];
  readonly #bytes: BytePeer;
  readonly #codec: Codec;
  #read = 0;

  /** @param early frames that leave together with the upgrade request */
  constructor(port: number, request: string, codec: Codec, early: Buffer = Buffer.alloc(0)) {
    this.#codec = codec;
    this.#bytes = new BytePeer(port, early, request);
  }

  /** Waits for the answer to the upgrade request, and gives its status line and headers. */
  async opened(): Promise<string> {
    return (await this.#bytes.opened()).head;
  }

  /** Not before the answer to the upgrade request (RFC 6455 section 4.1): uWebSockets.js drops what comes with it. */
  async send(...packets: EnginePacket[]): Promise<void> {
    await this.#bytes.opened();
    this.#bytes.send(...packets.map((one) => frameOf(this.#codec.frame(one))));
  }

  async sendRaw(unit: string | Buffer): Promise<void> {
    this.#bytes.send(frameOf(unit));
  }

  /** Bytes as they are, whole frames or not. */
  write(...bytes: Buffer[]): void {
    this.#bytes.send(...bytes);
  }

  async receive(count: number): Promise<EnginePacket[]> {
    return (await this.lines(count)).map((line) => {
      const unit = unitOf(line);
      this.units.push(unit);
      return this.#codec.readFrame(unit);
    });
  }

  /** The next `count` frames, whatever they are, as describeFrames writes them. */
  async lines(count: number): Promise<string[]> {
    const lines = await this.#bytes.received(this.#read + count);
    const wanted = lines.slice(this.#read, this.#read + count);
    if (wanted.length < count) throw new Error(`the connection ended after ${lines.join(", ")}`);
    this.#read += count;
    return wanted;
  }

  async leave(): Promise<void> {
    this.#bytes.send(close());
  }

  drop(): void {
    this.#bytes.socket.destroy();
  }

  /** As {@link drop}; from this moment on the server cannot write any more. */
  reset(): void {
    this.#bytes.socket.resetAndDestroy();
  }

  async end(): Promise<string> {
    for (;;) {
      const [line] = (await this.#bytes.received(this.#read + 1)).slice(this.#read);
      this.#read++;
      if (line === undefined || line === "end" || line === "reset") return "cut";
      if (!line.startsWith("close")) continue;
      // The closing handshake of RFC 6455, 5.5.1; the server then ends the connection.
      this.#bytes.send(close());
      await this.#bytes.ended();
      return line;
    }
  }
}

export function frameOf(unit: string | Buffer): Buffer {
  return frame({ opcode: typeof unit === "string" ? 1 : 2, payload: unit });
}

/** Of a line as BytePeer writes them. */
function unitOf(line: string): string | Buffer {
  if (line.startsWith("text ")) return line.slice("text ".length);
  if (line.startsWith("binary")) return Buffer.from(line.slice("binary ".length), "hex");
  throw new Error(`not a message: ${line}`);
}
