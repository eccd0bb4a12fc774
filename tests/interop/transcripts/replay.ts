import assert from "node:assert/strict";
import { decodePayload, type Packet } from "engine.io-parser";
import { decodePayload as decodePayload3 } from "engine.io-parser/v3";
import { Decoder as MsgpackDecoder } from "socket.io-msgpack-parser";
import { http, normalised, RawWebSocket, type HttpAnswer } from "../../support/raw-peer.js";

/** One recorded exchange between a client and a server of upstream's (tests/vectors/README.md). */
export interface Transcript {
  readonly name: string;
  readonly server: string;
  readonly serverOptions: object;
  readonly steps: readonly Step[];
}

interface Step {
  /** Number of the TCP connection. */
  readonly conn: number;
  readonly dir: "c2s" | "s2c";
  readonly kind: "request" | "response" | "ws" | "tcp-close";
  readonly line?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly opcode?: number;
  readonly text?: string;
  readonly hex?: string;
}

/** Says what the client said, in its order, and compares what the server answers. */
export class Replay {
  readonly #port: number;
  /** What is expected where the server is meant to differ. */
  readonly #instead: Readonly<Record<string, string>>;
  readonly #revision3: boolean;
  readonly #read: Read;
  /** Whether names that the server has given out are given back to it. */
  readonly #recovers: boolean;
  /** Ids of sessions in the recording, and those of today; with recovery, all names that the server has given out. */
  readonly #ids = new Map<string, string>();
  /** Handshakes and POSTs by connection; polls share {@link #poll}. */
  readonly #requests = new Map<number, { method: string; answer: Promise<HttpAnswer> }>();
  readonly #websockets = new Map<number, RawWebSocket>();
  /** Packets that polls have brought and that no step has asked for. How they spread over bodies is the server's choice. */
  readonly #polled: unknown[] = [];
  #poll: Promise<HttpAnswer> | undefined;
  #pollPath = "";

  constructor(port: number, transcript: Transcript, instead: Readonly<Record<string, string>> = {}) {
    this.#port = port;
    this.#instead = instead;
    this.#read = "parser" in transcript.serverOptions ? meaning : asWritten;
    this.#recovers = "connectionStateRecovery" in transcript.serverOptions;
    this.#revision3 = transcript.steps[0]!.line!.includes("EIO=3");
  }

  async step(step: Step): Promise<void> {
    const { conn, dir, kind } = step;
    if (kind === "tcp-close") {
      if (dir === "c2s") this.#websockets.get(conn)?.terminate();
    } else if (kind === "request") {
      this.#request(step);
    } else if (kind === "response") {
      await this.#response(step);
    } else if (dir === "c2s") {
      await this.#say(this.#websockets.get(conn)!, step);
    } else {
      await this.#hear(this.#websockets.get(conn)!, step);
    }
  }

  close(): void {
    for (const websocket of this.#websockets.values()) websocket.terminate();
  }

  #request({ conn, line = "", headers = [], body }: Step): void {
    const [method = "", recorded = ""] = line.split(" ");
    const path = this.#today(recorded);
    if (path.includes("transport=websocket")) {
      this.#websockets.set(conn, new RawWebSocket(this.#port, path.slice(path.indexOf("?"))));
      return;
    }
    const isPoll = method === "GET" && path.includes("sid=");
    if (!isPoll) {
      const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
      const sent: Record<string, string> = type === undefined ? {} : { "content-type": type };
      this.#requests.set(conn, { method, answer: http(this.#port, method, path, body, sent) });
      return;
    }
    this.#pollPath = path;
    if (this.#polled.length === 0) void this.#pollAgain();
  }

  async #response({ conn, line = "", headers = [], body = "" }: Step): Promise<void> {
    const status = Number(line.split(" ")[1]);
    if (status === 101) {
      await this.#websockets.get(conn)!.opened();
      return;
    }
    const request = this.#requests.get(conn);
    if (request === undefined) return this.#polledAre(this.#packets(body));
    const { method } = request;
    const actual = await request.answer;
    assert.equal(actual.status, status);
    for (const [name, value] of headers) {
      if (!CHANGEABLE.has(name.toLowerCase())) assert.equal(actual.headers[name.toLowerCase()], value, name);
    }
    if (method === "POST" || status !== 200) {
      assert.equal(actual.body, body);
      return;
    }
    const opened = this.#packets(body);
    assert.deepEqual(withoutIds(this.#packets(actual.body)), withoutIds(opened));
    this.#learn(opened[0], this.#packets(actual.body)[0]);
  }

  async #polledAre(expected: readonly unknown[]): Promise<void> {
    while (this.#polled.length < expected.length) {
      const { status, body } = await (this.#poll ?? this.#pollAgain());
      this.#poll = undefined;
      assert.equal(status, 200, body);
      this.#polled.push(...this.#packets(body));
    }
    const polled = this.#polled.splice(0, expected.length);
    assert.deepEqual(withoutIds(polled, this.#read), withoutIds(expected, this.#read));
  }

  #pollAgain(): Promise<HttpAnswer> {
    return (this.#poll ??= http(this.#port, "GET", this.#pollPath));
  }

  async #say(websocket: RawWebSocket, { opcode, text, hex = "" }: Step): Promise<void> {
    await websocket.opened();
    if (opcode === 8) websocket.close();
    else websocket.send(text === undefined ? Buffer.from(hex, "hex") : this.#today(text));
  }

  async #hear(websocket: RawWebSocket, { opcode, text, hex = "" }: Step): Promise<void> {
    const [frame] = await websocket.receive(1);
    if (opcode === 8) {
      assert.equal(frame, "closed 1005");
      return;
    }
    if (text === undefined) {
      assert.ok(Buffer.isBuffer(frame), `bytes and not ${String(frame)}`);
      assert.deepEqual(this.#read(frame), this.#read(Buffer.from(hex, "hex")));
      return;
    }
    if (this.#recovers) {
      // Names are new the first time, and the same ever after.
      this.#learnNames(text, String(frame));
      assert.equal(frame, this.#today(text));
      return;
    }
    assert.deepEqual(withoutIds([frame]), withoutIds([this.#instead[text] ?? text]));
    if (text.startsWith("0{")) this.#learn(asOpen(text), asOpen(frame as string));
  }

  #packets(body: string): Packet[] {
    return this.#revision3 ? decodePayload3(body) : decodePayload(body);
  }

  /** What was said then, with the names of today. */
  #today(recorded: string): string {
    let text = recorded;
    // Some names are the beginning of others.
    const names = [...this.#ids].toSorted(([one], [other]) => other.length - one.length);
    for (const [before, now] of names) text = text.replaceAll(before, now);
    return text;
  }

  #learnNames(before: string, now: string): void {
    const given = namesIn(now);
    for (const [index, name] of namesIn(before).entries()) {
      if (!this.#ids.has(name)) this.#ids.set(name, given[index] ?? "no name");
    }
  }

  #learn(before: unknown, now: unknown): void {
    const [recorded, actual] = [before, now].map((open) => sidOf(open as Packet));
    this.#ids.set(recorded!, actual!);
  }
}

/** They differ from run to run, or with the way in which a body is written. */
const CHANGEABLE = new Set(["content-length", "connection", "transfer-encoding"]);

/** Ids of sessions and sockets, and the offset at the end of an event. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/"[sp]id":"([^"]+)"|,"([\w.-]+)"\]$/g)].map(([, id, offset]) => (id ?? offset) as string);
}

function asOpen(text: string): Packet {
  return { type: "open", data: text.slice(1) };
}

function sidOf({ data }: Packet): string {
  return (JSON.parse(data as string) as { sid: string }).sid;
}

/** Texts with their ids replaced, in packets too. */
function withoutIds(values: readonly unknown[], read: Read = asWritten): unknown[] {
  return values.map((value) => {
    if (typeof value === "string") return normalised([value])[0];
    const { type, data } = value as Packet;
    return { type, data: typeof data === "string" ? normalised([data])[0] : data && read(data as Buffer) };
  });
}

/** What bytes are compared by. */
type Read = (bytes: Buffer) => unknown;

const asWritten: Read = (bytes) => bytes;

/** Of a packet in MessagePack its members count, in any order, and those that are undefined do not (protocols.md 5). */
const meaning: Read = (bytes) => {
  const [packet] = decoded(bytes);
  return JSON.parse(normalised([JSON.stringify(packet)])[0]!);
};

function decoded(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const decoder = new MsgpackDecoder();
  decoder.on("decoded", (packet) => packets.push(packet as unknown as Packet));
  decoder.add(bytes);
  return packets;
}
