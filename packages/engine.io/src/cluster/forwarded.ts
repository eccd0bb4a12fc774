import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Member } from "./roster.js";

/**
 * On requests that one server passes on to another: the secret of the latter, and what the connection of the client tells. Whoever
 * sends it from outside reaches nobody who reads it: {@link claimForwarded} is asked on the port for other servers alone.
 */
export const FORWARDED = "x-engine-forwarded";

/** The value of the header. */
export function forwardedBy(req: IncomingMessage, to: Member): string {
  const { remoteAddress = "", remotePort = 0, encrypted } = req.socket as Socket & { encrypted?: boolean };
  return `${to.secret} ${encrypted === true ? "tls" : "tcp"} ${remotePort} ${remoteAddress}`;
}

/**
 * Makes a request that another server has passed on look as it did there: `req.socket` tells the client's address, and whether it came
 * by TLS. A connection between servers carries one request at a time.
 *
 * @returns false if it did not come from a server that knows the secret
 */
export function claimForwarded(req: IncomingMessage, secret: string): boolean {
  const [given = "", scheme, port, address] = String(req.headers[FORWARDED] ?? "").split(" ");
  if (given.length !== secret.length || !timingSafeEqual(Buffer.from(given), Buffer.from(secret))) return false;
  // oxlint-disable-next-line typescript/no-dynamic-delete -- listeners of the application are not to see the secret
  delete req.headers[FORWARDED];
  const at = req.rawHeaders.indexOf(FORWARDED);
  if (at !== -1) req.rawHeaders.splice(at, 2);
  const shown = { remoteAddress: address, remotePort: Number(port), encrypted: scheme === "tls" };
  for (const [name, value] of Object.entries(shown)) {
    Object.defineProperty(req.socket, name, { value, configurable: true, enumerable: true });
  }
  return true;
}
