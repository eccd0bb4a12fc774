import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";

/** How a socket came to be connected. */
export interface Handshake {
  /** Headers of the first request of the connection; empty for connections without one (WebTransport). */
  headers: IncomingHttpHeaders;
  /** Date of creation, as text. */
  time: string;
  /** Address of the client (or of the proxy before it). */
  address: string;
  /** Whether the request named an `Origin`. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** Date of creation, in ms since 1970. */
  issued: number;
  /** URL of the first request. */
  url: string;
  /** Query of the first request. */
  query: ParsedUrlQuery;
  /** Credentials that the client gave for this namespace. */
  // eslint-disable-next-line typescript/no-explicit-any -- free form, chosen by the client
  auth: { [key: string]: any };
}

/** The first request of a connection. Load balancers that pass sockets in need not give all fields. */
export type FirstRequest = IncomingMessage & { readonly _query?: ParsedUrlQuery };

/**
 * The keys come in the order that upstream's have: some applications print them.
 *
 * @param request none for WebTransport, which is encrypted
 * @param issued in ms since 1970
 */
export function buildHandshake(
  request: FirstRequest | null | undefined,
  address: string,
  auth: Record<string, unknown>,
  issued: number,
): Handshake {
  const headers = request?.headers ?? {};
  return {
    headers,
    time: textOf(issued),
    address,
    xdomain: headers.origin !== undefined,
    secure: request ? Boolean((request.socket as { encrypted?: boolean } | undefined)?.encrypted) : true,
    issued,
    url: request?.url as string,
    query: request?._query ?? {},
    auth,
  };
}

let second = 0;
let text = "";

/** One text for all of a second, which is as fine as it tells: 80 bytes of an idle connection, and a microsecond of CPU. */
function textOf(time: number): string {
  const whole = Math.floor(time / 1000);
  if (whole !== second) {
    second = whole;
    text = new Date(time).toString();
  }
  return text;
}
