import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { acceptKey } from "engine.io-parser/websocket";

/** Why an upgrade request is no WebSocket handshake, as the package `ws` answers it (protocols.md 1.7). */
export interface HandshakeFault {
  readonly status: 400 | 405 | 503;
  readonly message: string;
  readonly headerLines?: readonly string[];
}

export interface Handshake {
  readonly key: string;
  /** The first sub-protocol that the client offers; "" if none. It means nothing to Engine.IO. */
  readonly protocol: string;
}

/** RFC 6455 section 4.2.1. */
export function readHandshake(req: IncomingMessage): Handshake | HandshakeFault {
  const { headers } = req;
  const key = headers["sec-websocket-key"];
  const offered = headers["sec-websocket-protocol"];
  if (req.method !== "GET") return { status: 405, message: "Invalid HTTP method" };
  if (headers.upgrade?.toLowerCase() !== "websocket") return { status: 400, message: "Invalid Upgrade header" };
  if (key === undefined || !KEY.test(key)) {
    return { status: 400, message: "Missing or invalid Sec-WebSocket-Key header" };
  }
  if (!VERSIONS.includes(headers["sec-websocket-version"])) {
    return {
      status: 400,
      message: "Missing or invalid Sec-WebSocket-Version header",
      headerLines: ["Sec-WebSocket-Version: 13, 8"],
    };
  }
  const protocol = offered === undefined ? "" : firstProtocol(offered);
  if (protocol === null) return { status: 400, message: "Invalid Sec-WebSocket-Protocol header" };
  return { key, protocol };
}

/** The lines of the 101 answer, without those of the application. */
export function acceptLines({ key, protocol }: Handshake): string[] {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
  ];
  if (protocol !== "") lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return lines;
}

/** Answers the request with an error and ends the connection. */
export function refuseHandshake(socket: Duplex, { status, message, headerLines = [] }: HandshakeFault): void {
  socket.once("finish", destroy);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Connection: close",
      "Content-Type: text/html",
      `Content-Length: ${Buffer.byteLength(message)}`,
      ...headerLines,
      "",
      message,
    ].join("\r\n"),
  );
}

/** Whether the request offers to compress messages. */
export function offersDeflate(req: IncomingMessage): boolean {
  return /(?:^|[\s,])permessage-deflate(?:$|[\s,;])/.test(req.headers["sec-websocket-extensions"] ?? "");
}

/** @returns null unless the header is a list of different tokens (RFC 6455 section 4.1, 10) */
function firstProtocol(header: string): string | null {
  const names = header.split(",").map((name) => name.trim());
  if (new Set(names).size < names.length || !names.every((name) => TOKEN.test(name))) return null;
  return names[0]!;
}

function destroy(this: Duplex): void {
  this.destroy();
}

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;
/** 8 was that of the last drafts; on the wire they differ in nothing that matters here. */
const VERSIONS: readonly unknown[] = ["13", "8"];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
