import type { SocketOptions } from "./options.js";

/** The parts of a URL; absent ones are empty strings. */
export interface ParsedUrl {
  readonly source: string;
  /** Without colon: "http", "https", "ws" or "wss". */
  readonly protocol: string;
  /** IPv6 addresses come without their brackets. */
  readonly host: string;
  readonly port: string;
  readonly path: string;
  /** What stands between `?` and `#`. */
  readonly query: string;
}

const MAX_LENGTH = 8000;
/** RFC 3986, appendix B, with the authority cut into its parts. */
const URL_PARTS = /^(?:(?:(\w+):)?\/\/)?(?:[^/?#@]*@)?(?:\[([^\]]*)\]|([^/?#:]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/;

/**
 * Cuts a URL into its parts. Not by the URL class: React Native has half of one, and addresses without a scheme are none
 * for it. Credentials are accepted and not used.
 *
 * @throws the string "URI too long" beyond 8000 characters (row C-15)
 */
export function parse(source: string): ParsedUrl {
  // A string, for those who compare it.
  if (source.length > MAX_LENGTH) throw "URI too long"; // oxlint-disable-line no-throw-literal, typescript/only-throw-error
  const [, protocol = "", ipv6, name = "", port = "", path = "", query = ""] = URL_PARTS.exec(source)!;
  return { source, protocol, host: ipv6 ?? name, port, path, query };
}

/** Where a socket connects to. */
export interface Target {
  readonly hostname: string;
  readonly port: string | number;
  readonly secure: boolean;
  readonly query: SocketOptions["query"];
}

/** From the URL, else the options, else the page, else `localhost`; a URL without a port means that of its scheme (rows C-13, C-16, C-52). */
export function targetOf(uri: string | null | undefined, opts: SocketOptions): Target {
  const page = globalThis.location as { protocol: string; hostname: string; port: string } | undefined;
  const address = uri || opts.host;
  const { protocol, host, port, query } = parse(address || "");
  const secure = (protocol ? /^(https|wss)$/.test(protocol) : opts.secure) ?? page?.protocol === "https:";
  const hostname = host || opts.hostname;
  const search = (uri && query) || opts.query;
  return {
    hostname: hostname || page?.hostname || "localhost",
    port: port || (!uri && opts.port) || (!hostname && page?.port) || (secure ? 443 : 80),
    secure,
    query: typeof search === "string" ? Object.fromEntries(new URLSearchParams(search)) : search,
  };
}
