import type { Manager, Socket } from "socket.io-client";
import { client as library } from "../../conformance/server/makers.ts";
import { Answers } from "./answers.ts";
import { asSent, withoutOffset, type Log } from "./log.ts";

/** A client of upstream's make with one connection, always to the same node, and what it sees. */
export class Client {
  readonly #index: number;
  readonly #log: Log;
  readonly #sockets = new Map<string, Socket>();
  #manager: Manager | undefined;
  #port = 0;
  #answered = 0;
  readonly answers: Answers;

  constructor(index: number, log: Log) {
    this.#index = index;
    this.#log = log;
    this.answers = new Answers(index);
  }

  /** @param port where its node listens */
  connect(port: number, nsp: string): void {
    if (this.#manager === undefined || this.#port !== port) this.#renew(port);
    const existing = this.#sockets.get(nsp);
    if (existing !== undefined) return void (existing.active || existing.connect());
    const socket = this.#manager!.socket(nsp, { auth: { who: this.#index } });
    this.#sockets.set(nsp, socket);
    this.#watch(socket, nsp);
    socket.connect();
  }

  disconnect(nsp: string): void {
    this.#sockets.get(nsp)?.disconnect();
  }

  cut(): void {
    this.#manager?.engine?.close();
  }

  /** With all its sockets that were cut off; false if none was. */
  return(port: number): boolean {
    if (this.#manager?._readyState !== "closed" || this.#port === 0) return false;
    this.#port = port;
    Object.assign(this.#manager, { uri: urlOf(port) });
    for (const socket of this.#sockets.values()) if (socket.active) socket.connect();
    return true;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.disconnect();
  }

  #renew(port: number): void {
    this.close();
    this.#sockets.clear();
    this.#port = port;
    this.#manager = new library.Manager(urlOf(port), {
      transports: ["websocket"],
      reconnection: false,
      autoConnect: false,
    });
  }

  #watch(socket: Socket, nsp: string): void {
    const see = (who: string, what: string): void => this.#log.add(`client ${this.#index} of ${nsp}${who}`, what);
    socket.on("connect", () => {
      see("", socket.recovered ? "connect, recovered" : "connect");
      // What it had in an earlier session need not be there any more (docs/recovery.md).
      if (!socket.recovered) Object.assign(socket, { _lastOffset: undefined });
    });
    socket.on("connect_error", ({ message }) => see("", `connect_error ${message}`));
    socket.on("disconnect", (reason) => see("", `disconnect ${reason}`));
    socket.onAny((...event: unknown[]) => {
      const ack = typeof event.at(-1) === "function" ? (event.pop() as (...args: unknown[]) => void) : undefined;
      // In order is only what one server sends to one target.
      see(
        `, ${String(event[1])}`,
        this.#log.show(event.map(withoutOffset).map(asSent)) + (ack === undefined ? "" : " asks"),
      );
      if (ack !== undefined) this.answers.give(ack, this.#answered++);
    });
  }
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
