import { parse } from "engine.io-client";

/** Where `io(url)` leads to. */
export interface Target {
  /** The URL made absolute; the engine takes host, port and query from it. */
  readonly source: string;
  /** The namespace: path of the URL, without its query (row C-12). */
  readonly namespace: string;
  /** Names the Manager that calls of the same target share (row C-16). */
  readonly key: string;
}

interface PageLocation {
  readonly protocol: string;
  readonly host: string;
}

/**
 * Resolves what the user gave against the page. Not by the URL class: that one would rewrite the namespace (`/a/../b`, `/ä`).
 *
 * Outside of pages, where upstream makes `undefined//…` of it (row C-14), a URL without scheme or host means
 * `http://localhost`, like the defaults of the engine.
 */
export function resolveUrl(
  uri: string | null | undefined,
  path: string,
  page: PageLocation = globalThis.location ?? { protocol: "http:", host: "localhost" },
): Target {
  const [, scheme = page.protocol, rest = ""] = /^(?:((?:http|ws)s?:)?\/\/)?(.*)/s.exec(uri ?? "")!;
  const source = `${scheme}//${/^[^/]/.test(rest) ? "" : page.host}${rest}`;
  const { protocol, host, port, path: namespace } = parse(source);
  const defaultPort = /^(https|wss)$/.test(protocol) ? 443 : 80;
  return { source, namespace: namespace || "/", key: [protocol, host, port || defaultPort, path].join() };
}
