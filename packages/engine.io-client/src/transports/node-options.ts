import type { RequestOptions } from "node:https";
import { MAX_PAYLOAD, type Transport } from "./transport.js";

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
  return Object.assign(others as RequestOptions, {
    agent: (opts.agent || undefined) as RequestOptions["agent"],
    headers,
    // In these options `auth` is Socket.IO's CONNECT payload (C-53), to Node it would be an HTTP credential.
    auth: undefined,
    // How long connecting may take is the session's business; false would be refused.
    timeout: undefined,
    // Undefined and null must not switch the check off (CVE-2016-10536).
    rejectUnauthorized: opts.rejectUnauthorized !== false,
    maxPayload: opts.maxPayload ?? MAX_PAYLOAD,
  });
}
