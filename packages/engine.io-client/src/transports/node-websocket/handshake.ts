import { validateHeaderName, validateHeaderValue } from "node:http";
import { acceptKey, createKey } from "engine.io-parser/websocket";
import { AnswerReader, type UpgradeAnswer } from "./answer.js";

export interface HandshakeOptions {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Sub-protocols to offer. */
  readonly protocols: readonly string[];
  readonly origin?: string | undefined;
  /** Whether to offer to compress messages. */
  readonly offersDeflate: boolean;
}

/** What was agreed on. */
export interface Agreement extends UpgradeAnswer {
  /** The sub-protocol; "" for none. */
  readonly protocol: string;
  /** The extensions that the server wants to use, as it wrote them; "" for none. */
  readonly extensions: string;
}

/**
 * A client's half of the opening handshake (RFC 6455 section 4.1). Knows no sockets: {@link request} has to be written, what comes
 * back is given to {@link receive}.
 */
export class Handshake {
  /** The upgrade request, as latin1. */
  readonly request: string;
  readonly #key = createKey();
  readonly #options: HandshakeOptions;
  readonly #answer = new AnswerReader();

  /** @throws an Error if a header or a sub-protocol is none */
  constructor(url: URL, options: HandshakeOptions) {
    this.#options = options;
    this.request = encodeRequest(url, this.#key, options);
  }

  /**
   * The next bytes of the stream.
   * @returns null: there must come more
   * @throws an Error if the server refuses, or breaks the protocol. Texts as of the package `ws`, where it has one
   */
  receive(chunk: Buffer): Agreement | null {
    const answer = this.#answer.receive(chunk);
    if (answer === null) return null;
    const value = (name: string): string => answer.headers.get(name)?.join(", ") ?? "";
    if (answer.status !== 101) throw new Error(`Unexpected server response: ${answer.status}`);
    if (value("upgrade").toLowerCase() !== "websocket") throw new Error("Invalid Upgrade header");
    if (!UPGRADE_TOKEN.test(value("connection"))) throw new Error("Invalid Connection header");
    if (value("sec-websocket-accept") !== acceptKey(this.#key)) throw new Error("Invalid Sec-WebSocket-Accept header");
    const protocol = value("sec-websocket-protocol");
    const fault = protocolFault(this.#options.protocols, answer.headers.has("sec-websocket-protocol"), protocol);
    if (fault !== null) throw new Error(fault);
    const extensions = value("sec-websocket-extensions");
    if (extensions !== "" && !this.#options.offersDeflate) {
      throw new Error("Server sent a Sec-WebSocket-Extensions header but no extension was requested");
    }
    return { ...answer, protocol, extensions };
  }
}

function protocolFault(offered: readonly string[], isAnswered: boolean, protocol: string): string | null {
  if (!isAnswered) return offered.length > 0 ? "Server sent no subprotocol" : null;
  if (offered.length === 0) return "Server sent a subprotocol but none was requested";
  return offered.includes(protocol) ? null : "Server sent an invalid subprotocol";
}

function encodeRequest(url: URL, key: string, { headers, protocols, origin, offersDeflate }: HandshakeOptions): string {
  const ours = [
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    ...(offersDeflate ? ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] : []),
    ...(protocols.length > 0 ? [`Sec-WebSocket-Protocol: ${protocolList(protocols)}`] : []),
    ...(origin ? [headerLine("Origin", origin)] : []),
  ];
  const theirs: string[] = [];
  let host = [`Host: ${url.host}`];
  for (const [name, value] of Object.entries(headers)) {
    const lines = [value].flat().map((one) => headerLine(name, one));
    const start = `${name}:`.toLowerCase();
    if (start === "host:") host = lines;
    // What we say replaces what the user says.
    else if (!ours.some((line) => line.toLowerCase().startsWith(start))) theirs.push(...lines);
  }
  const start = `GET ${url.pathname}${url.search} HTTP/1.1`;
  return [start, ...host, ...theirs, ...ours, "", ""].join("\r\n");
}

/** @throws an Error if it would be no header, or more than one */
function headerLine(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return `${name}: ${value}`;
}

/** @throws an Error unless they are different tokens (RFC 6455 section 4.1, 10) */
function protocolList(protocols: readonly string[]): string {
  protocols.forEach((protocol) => validateHeaderName(protocol));
  if (new Set(protocols).size < protocols.length) throw new SyntaxError("A subprotocol is offered twice");
  return protocols.join(",");
}

const UPGRADE_TOKEN = /(?:^|,)[\t ]*upgrade[\t ]*(?:$|,)/i;
