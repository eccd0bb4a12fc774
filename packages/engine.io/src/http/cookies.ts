import { serialize, type SerializeOptions } from "cookie";

/** The cookie that tells a load balancer whose session a request is of (protocols.md 1.13). The server never reads it. */
export function sessionCookie(options: SerializeOptions & { name: string }, sid: string): string {
  const { name, ...attributes } = options;
  return serialize(name, sid, attributes);
}
