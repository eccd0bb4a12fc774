import { request, type IncomingHttpHeaders } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

/** A request under way. */
export interface Asked {
  readonly answer: Promise<Answer>;
  /** Breaks the connection. */
  abort(): void;
  /** Of a request whose body has not been ended: more of it. */
  write(chunk: string | Buffer): void;
}

/** One request on a connection of its own, so that each can be broken by itself. */
export function ask(
  port: number,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
  isOpen = false,
): Asked {
  const outgoing = request({ port, host: "127.0.0.1", method, path, headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes.toString(), bytes });
      });
    });
  });
  // Whoever needs the answer awaits it; a request that a test breaks has none.
  answer.catch(() => {});
  if (isOpen) outgoing.write(body ?? "");
  else outgoing.end(body);
  return { answer, abort: () => void outgoing.destroy(), write: (chunk) => void outgoing.write(chunk) };
}

/** Bytes if the answer says that it is bytes. */
export function bodyOf({ headers, body, bytes }: Answer): string | Buffer {
  return headers["content-type"] === "application/octet-stream" ? bytes : body;
}
