import type { EventEmitter } from "node:events";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";

/** What is used of an engine's socket, ours or upstream's. */
export interface EngineSocket extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  readonly readyState: string;
  readonly transport: { readonly name: string; readonly writable: boolean };
  send(data: unknown, options?: object): unknown;
  close(): unknown;
}

/** An HTTP answer in the form of the vectors. */
export interface Answer {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: string;
  readonly bodyHex?: string;
}

/** Writes a request with the given method for a session. */
export type Request = (method: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;

/** The server's end of a session and what it told the application, in the form of the vectors. */
export class Session {
  readonly socket: EngineSocket;
  readonly app: unknown[] = [];
  /** `upgrading`, `upgrade` and `message:` with its text, as they came. */
  readonly events: string[] = [];
  close: { reason: string; desc?: string } | null = null;

  constructor(socket: EngineSocket) {
    this.socket = socket;
    socket.on("message", (data: unknown) => {
      this.events.push(`message:${String(data)}`);
      this.app.push(Buffer.isBuffer(data) ? { bin: data.toString("hex") } : data);
    });
    socket.on("upgrading", () => this.events.push("upgrading"));
    socket.on("upgrade", () => this.events.push("upgrade"));
    socket.on("close", (reason: string, description: unknown) => {
      this.close = { reason, ...(description instanceof Error && { desc: description.message }) };
    });
  }

  /** Its end as the files without revision 3 write it; waited for if one was recorded. */
  async ending(recorded: unknown): Promise<object | null> {
    if (recorded !== null && this.close === null) await once(this.socket, "close");
    return this.close && { sid: this.socket.id, ...this.close };
  }

  /** Waits for an event of the server's end, if it has not happened. */
  async until(event: "upgrade" | "upgrading"): Promise<void> {
    if (!this.events.includes(event)) await once(this.socket, event);
  }
}

/** A session over polling and what its client asks for. */
export class PollingPeer extends Session {
  readonly open: Answer;
  readonly request: Request;

  constructor(socket: EngineSocket, open: Answer, request: Request) {
    super(socket);
    this.open = open;
    this.request = request;
  }

  poll(): Promise<Answer> {
    return this.request("GET");
  }

  /** A poll that the server holds. */
  async heldPoll(): Promise<{ readonly answer: Promise<Answer> }> {
    const answer = this.poll();
    while (!this.socket.transport.writable) await setImmediate();
    return { answer };
  }

  post(body: string | Buffer): Promise<Answer> {
    const contentType = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    return this.request("POST", body, { "Content-Type": contentType });
  }
}
