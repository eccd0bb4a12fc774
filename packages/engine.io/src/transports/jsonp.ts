import type { EngineRequest } from "../http/request.js";

/**
 * Polling for browsers without cross-origin requests: answers are scripts that call a function with the payload, POSTs are
 * forms (protocols.md 2.6). Only this wrapping differs from polling.
 */
export class Jsonp {
  readonly #index: string;

  private constructor(index: string) {
    this.#index = index;
  }

  /** Null unless the handshake asks for it, by `j`: which of the page's functions to call. */
  static for(req: EngineRequest): Jsonp | null {
    // A framework may have parsed the query, and differently.
    const j: unknown = req._query["j"];
    return typeof j === "string" ? new Jsonp(j.replaceAll(/\D/g, "")) : null;
  }

  wrap(payload: string): string {
    // JSON, but no string literals of old JavaScript.
    const literal = JSON.stringify(payload).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    return `___eio[${this.#index}](${literal});`;
  }

  /** The payload in a form; null if there is not exactly one. */
  unwrap(form: string): string | null {
    const field = onlyField(form);
    if (field === null) return null;
    // Forms turn newlines into something else, so clients write them as backslash and n, and what looks so already with
    // one backslash more.
    return new URLSearchParams(field).get("d")!.replaceAll(/(\\)?\\n/g, (_, escaped) => (escaped ? "\\n" : "\n"));
  }
}

/** `d=…`, looked for without taking the other fields apart: a body may have a million of them. */
function onlyField(form: string): string | null {
  let found: string | null = null;
  for (let start = 0; start < form.length;) {
    const end = form.indexOf("&", start);
    const next = end === -1 ? form.length : end;
    if (form.startsWith("d=", start)) {
      if (found !== null) return null;
      found = form.slice(start, next);
    }
    start = next + 1;
  }
  return found;
}
