import type { RequestOptions } from "node:https";
import type { Transport } from "./transport.js";

/** What Node's requests and `ws` take alike: TLS, addresses, headers, cookies. */
export function nodeOptions({ opts, socket }: Transport): RequestOptions & { maxPayload: number } {
  const headers: Record<string, string> = { ...opts.extraHeaders };
  const cookies = socket._cookieJar?.header();
  if (cookies) headers["cookie"] = cookies;
  const {
    path: _path,
    hostname: _hostname,
    host: _host,
    port: _port,
    query: _query,
    socket: _socket,
    ...others
  } = opts;
  return {
    ...(others as RequestOptions),
    agent: (opts.agent || undefined) as RequestOptions["agent"],
    headers,
    // Undefined and null must not switch the check off (CVE-2016-10536).
    rejectUnauthorized: opts.rejectUnauthorized !== false,
    maxPayload: opts.maxPayload ?? 100 * 1024 * 1024,
  };
}
