import { connect, type Socket } from "node:net";

/** A connection that is kept, with one request at a time on it, written as bytes that were made beforehand. */
export class HttpConnection {
  private readonly socket: Socket;
  private received = "";
  private resolve: (body: string) => void = () => {};
  private reject: (error: Error) => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setNoDelay();
    this.socket.on("data", (chunk: Buffer) => this.onData(chunk));
    this.socket.on("error", (error) => this.reject(error));
    this.socket.on("close", () => this.reject(new Error(`the connection ended after ${this.received}`)));
  }

  /** @returns the body of an answer with status 200 */
  request(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.socket.write(bytes);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    this.received += chunk.toString("latin1");
    const end = this.received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = LENGTH.exec(this.received);
    if (!this.received.startsWith("HTTP/1.1 200") || length === null) return this.reject(new Error(this.received));
    if (this.received.length < end + 4 + Number(length[1])) return;
    const body = this.received.slice(end + 4);
    this.received = "";
    this.resolve(body);
  }
}

/** A GET of a session, or of a new one. */
export function getRequest(sid?: string): string {
  return `GET ${path(sid)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

/** ASCII alone. */
export function postRequest(sid: string, body: string): string {
  return `POST ${path(sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Begins a session. @returns its id */
export async function handshake(connection: HttpConnection): Promise<string> {
  const open = await connection.request(getRequest());
  return (JSON.parse(open.slice(1)) as { sid: string }).sid;
}

function path(sid: string | undefined): string {
  return `/socket.io/?EIO=4&transport=polling${sid === undefined ? "" : `&sid=${sid}`}`;
}

const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
