/** A cookie as far as one server and one path need it. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Undefined: lives as long as the jar. */
  readonly expires?: Date;
}

/**
 * The cookies of one socket in Node (row E-92; RFC 6265, sections 5.2 and 5.3). They all belong to one server, so of the
 * attributes only `Expires` and `Max-Age` matter.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes in the `Set-Cookie` headers of an answer. */
  store(headers: readonly string[] = []): void {
    for (const header of headers) {
      const cookie = parseCookie(header);
      if (cookie === null) continue;
      this.#cookies.set(cookie.name, cookie);
      if (this.#cookies.size > MAX_COOKIES) this.#cookies.delete(this.#cookies.keys().next().value!);
    }
  }

  /** The `Cookie` header of a request; empty if there is nothing to send. What has expired is forgotten. */
  header(): string {
    const pairs: string[] = [];
    for (const [name, cookie] of this.#cookies) {
      if (isExpired(cookie)) this.#cookies.delete(name);
      else pairs.push(`${name}=${cookie.value}`);
    }
    return pairs.join("; ");
  }
}

/** Beyond it the oldest is forgotten. RFC 6265, section 6.1, asks for 50. */
const MAX_COOKIES = 100;

function isExpired({ expires }: Cookie): boolean {
  return expires !== undefined && !(expires.getTime() > Date.now());
}

/** Null if there is no name. `Max-Age` has precedence over `Expires`; one that is no date deletes (row E-92). */
function parseCookie(header: string): Cookie | null {
  const [pair = "", ...attributes] = header.split(";");
  const [name, value] = split(pair);
  if (name === "") return null;
  let expires: Date | undefined;
  let maxAge: Date | undefined;
  for (const attribute of attributes) {
    const [key, text] = split(attribute);
    if (key.toLowerCase() === "expires") expires = new Date(text);
    else if (key.toLowerCase() === "max-age") maxAge = new Date(Date.now() + parseInt(text, 10) * 1000);
  }
  return { name, value, expires: maxAge ?? expires };
}

/** At the first `=`: values may contain others. */
function split(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return at === -1 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
