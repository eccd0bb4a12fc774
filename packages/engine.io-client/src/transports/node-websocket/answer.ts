/** The head of a server's answer to an upgrade request. */
export interface UpgradeAnswer {
  readonly status: number;
  /** Values by names in lower case, in the order of the lines. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** What follows it. */
  readonly rest: Buffer;
}

/** What a server may answer before its first frame, in bytes. As in node:http. */
export const MAX_ANSWER_BYTES = 16_384;

/**
 * Reads an answer from a connection, in chunks of any size, as strict as RFC 9112 asks for. Knows no sockets. Answers that only say
 * that the real one will come (RFC 9110 section 15.2) are left out, and count.
 */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Bytes of the answers that were left out. */
  #skipped = 0;

  /**
   * The next bytes of the stream.
   * @returns null: there must come more
   * @throws an Error if this is not HTTP/1, or too much of it
   */
  receive(chunk: Buffer): UpgradeAnswer | null {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (true) {
      const bytes = this.#bytes;
      const end = bytes.indexOf(END);
      const length = end === -1 ? bytes.length : end + END.length;
      if (this.#skipped + length > MAX_ANSWER_BYTES) throw invalid(`more than ${MAX_ANSWER_BYTES} bytes`);
      if (end === -1) {
        // Whoever speaks something else need not be waited for.
        const start = bytes.toString("latin1", 0, VERSION.length);
        if (!VERSION.startsWith(start)) throw invalid("not HTTP/1");
        return null;
      }
      const rest = bytes.subarray(length);
      const [statusLine = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
      const status = readStatus(statusLine);
      const headers = readHeaders(lines);
      if (status === 101 || status >= 200) return { status, headers, rest };
      this.#skipped += length;
      this.#bytes = rest;
    }
  }
}

function readStatus(line: string): number {
  const status = STATUS_LINE.exec(line)?.[1];
  if (status === undefined) throw invalid("not HTTP/1");
  return Number(status);
}

function readHeaders(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1);
    if (!NAME.test(name) || !VALUE.test(value)) throw invalid("a header that is none");
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value.trim()]);
    else values.push(value.trim());
  }
  return headers;
}

function invalid(what: string): Error {
  return new Error(`Invalid answer to the WebSocket handshake: ${what}`);
}

const END = "\r\n\r\n";
const VERSION = "HTTP/1.";
/** RFC 6455 section 4.1 asks for HTTP/1.1. Servers that say 1.0 and go on as agreed are in the field; node:http takes them, too. */
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [\t -~\x80-\xff]*)?$/;
/** A token; so a line does not continue the one before it (RFC 9112 section 5). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters. */
const VALUE = /^[\t -~\x80-\xff]*$/;
