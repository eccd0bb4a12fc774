import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { acceptKey } from "engine.io-parser/websocket";
import type { Agreement } from "./handshake.js";

/**
 * A connection on which a server has agreed to a WebSocket, for the package `ws` to ask for one: its request goes nowhere, and it
 * gets the server's answer, with the accept key that fits its own request. From then on it is the connection.
 */
export class AgreedConnection extends Duplex {
  readonly #connection: Socket;
  readonly #agreement: Agreement;
  /** What has come of the request; null once it is answered. */
  #request: string | null = "";

  constructor(agreement: Agreement, connection: Socket) {
    super();
    this.#agreement = agreement;
    this.#connection = connection.pause();
    connection.on("end", () => this.push(null));
    connection.on("error", (error) => this.destroy(error));
    connection.on("close", () => this.destroy());
  }

  /** @param chunk is only there until this returns */
  receive(chunk: Buffer): void {
    if (!this.push(Buffer.from(chunk))) this.#connection.pause();
  }

  override _read(): void {
    if (this.#request === null) this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#request === null) return void this.#connection.write(chunk, done);
    this.#request += chunk.toString("latin1");
    if (this.#request.endsWith("\r\n\r\n")) this.#answer(this.#request);
    done();
  }

  override _final(done: () => void): void {
    this.#connection.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.destroy();
    done(error);
  }

  #answer(request: string): void {
    const { headers, rest } = this.#agreement;
    const key = /^sec-websocket-key: (.*)$/im.exec(request)![1]!;
    let answer = "HTTP/1.1 101 Switching Protocols\r\n";
    for (const [name, values] of headers) {
      const all = name === "sec-websocket-accept" ? [acceptKey(key)] : values;
      for (const value of all) answer += `${name}: ${value}\r\n`;
    }
    this.#request = null;
    this.push(Buffer.concat([Buffer.from(`${answer}\r\n`, "latin1"), rest]));
    this.#connection.resume();
  }
}
