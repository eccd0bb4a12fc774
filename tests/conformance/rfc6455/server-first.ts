import { once } from "node:events";
import type { TestContext } from "node:test";
import type { WebSocket } from "ws";
import { BytePeer, serveEndpoints, type Binding } from "../../support/websocket-bindings.ts";
import { close, frame } from "../../support/raw-frames.ts";
import { SENDABLE_CODES } from "./closing.ts";
import { VALID_TEXTS } from "./utf8.ts";
import { closeLine } from "./ws-client.ts";

/** One conversation in which the server speaks, and the client answers as the protocol asks for. */
export interface ServerCase {
  readonly title: string;
  /** Done within the upgrade; it ends with `close`. */
  speak(socket: WebSocket): void;
  /** What a client hears that shows everything. */
  readonly heard: readonly string[];
  /** What the server hears from it. */
  readonly answers: readonly string[];
}

const BYTES = [0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 20];

export const serverCases: readonly ServerCase[] = [
  ...BYTES.flatMap((length) => [
    message(`text of ${length} bytes`, "*".repeat(length)),
    message(`${length} bytes`, Buffer.alloc(length, 0xfe)),
  ]),
  ...VALID_TEXTS.map(([title, text]) => message(`text: ${title}`, text)),
  {
    title: "500 messages, text and bytes in turn",
    speak(socket) {
      for (let at = 0; at < 500; at++) socket.send(at % 2 === 0 ? `${at}` : Buffer.from([at % 256]));
      socket.close(1000);
    },
    heard: [
      ...Array.from({ length: 500 }, (_, at) => line(at % 2 === 0 ? `${at}` : Buffer.from([at % 256]))),
      "close 1000",
    ],
    answers: ["close 1000"],
  },
  ...[0, 1, 125].map((length): ServerCase => {
    const payload = Buffer.alloc(length, "p");
    return {
      title: `a ping of ${length} bytes between messages`,
      speak(socket) {
        socket.send("a");
        socket.ping(payload);
        socket.send("b");
        socket.close(1000);
      },
      heard: ["text a", withHex("ping", payload), "text b", "close 1000"],
      answers: [withHex("pong", payload), "close 1000"],
    };
  }),
  {
    title: "an unasked pong",
    speak(socket) {
      socket.pong("p");
      socket.close(1000);
    },
    heard: ["pong 70", "close 1000"],
    answers: ["close 1000"],
  },
  ending("a close frame without a code"),
  ...SENDABLE_CODES.flatMap((code) => [
    ending(`code ${code}`, code),
    ending(`code ${code} with a reason`, code, "why"),
  ]),
  ending("a reason beyond ASCII", 1000, "Grüße"),
  ending("a reason of 123 bytes", 4000, "*".repeat(123)),
];

function message(title: string, data: string | Buffer): ServerCase {
  return {
    title,
    speak(socket) {
      socket.send(data);
      socket.close(1000);
    },
    heard: [line(data), "close 1000"],
    answers: ["close 1000"],
  };
}

function ending(title: string, code?: number, reason = ""): ServerCase {
  const end = closeLine(code ?? 1005, reason);
  return { title, speak: (socket) => socket.close(code, reason), heard: [end], answers: [end] };
}

function line(data: string | Buffer): string {
  return typeof data === "string" ? `text ${data}` : withHex("binary", data);
}

function withHex(word: string, data: Buffer): string {
  return data.length === 0 ? word : `${word} ${data.toString("hex")}`;
}

/** A server that plays the cases in turn, one for each client that connects. */
export interface SpeakingServer {
  readonly port: number;
  /** What it has heard from a client, once that is gone. */
  answers(at: number): Promise<readonly string[]>;
}

export async function serveCases(
  t: Pick<TestContext, "after">,
  binding: Binding,
  cases: readonly ServerCase[],
): Promise<SpeakingServer> {
  const answers: Promise<string[]>[] = [];
  const { port } = await serveEndpoints(t, binding, 1_000_000, (endpoint) => {
    const socket = endpoint.socket as WebSocket;
    const lines: string[] = [];
    socket.on("message", () => lines.push("message"));
    socket.on("pong", (data) => lines.push(withHex("pong", data)));
    const ending = once(socket, "close") as Promise<[number, Buffer]>;
    cases[answers.length]!.speak(socket);
    answers.push(ending.then(([code, reason]) => [...lines, closeLine(code, reason.toString())]));
  });
  return { port, answers: (at) => answers[at]! };
}

/** What a client by raw bytes hears, which answers as it has to. */
export async function listenByBytes(port: number): Promise<readonly string[]> {
  const peer = await new BytePeer(port).opened();
  for (let at = 0; ; at++) {
    const { [at]: heard } = await peer.received(at + 1);
    const [, kind, hex = ""] = /^(ping|close)(?: (.*))?$/.exec(heard ?? "") ?? [];
    if (kind === "ping") peer.send(frame({ opcode: 10, payload: Buffer.from(hex, "hex") }));
    if (kind === "close") {
      const [, code, reason] = /^(\d+)(?: (.*))?$/.exec(hex) ?? [];
      peer.send(code === undefined ? close() : close(Number(code), reason));
      return peer.ended();
    }
  }
}
