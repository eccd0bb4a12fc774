import type { Manager, Socket } from "socket.io-client";
import { client as library } from "../../conformance/server/makers.ts";
import { asSent, withoutOffset, type Log } from "./log.ts";
import type { ClientAnswer } from "./program.ts";

type Answer = (...args: unknown[]) => void;

/** A client of upstream's make with one connection, always to the same node, and what it sees. */
export class Client {
  readonly #index: number;
  readonly #log: Log;
  readonly #sockets = new Map<string, Socket>();
  readonly #kept: Answer[] = [];
  #manager: Manager | undefined;
  #port = 0;
  #answers = 0;
  how: ClientAnswer = "at once";

  constructor(index: number, log: Log) {
    this.#index = index;
    this.#log = log;
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

  answer(): void {
    for (const answer of this.#kept.splice(0)) answer("late", this.#index);
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
      const ack = typeof event.at(-1) === "function" ? (event.pop() as Answer) : undefined;
      // In order is only what one server sends to one target.
      see(
        `, ${String(event[1])}`,
        this.#log.show(event.map(withoutOffset).map(asSent)) + (ack === undefined ? "" : " asks"),
      );
      if (ack !== undefined) this.#answer(ack);
    });
  }

  #answer(ack: Answer): void {
    const own = `of ${this.#index}`;
    switch (this.how) {
      case "at once":
        return ack(own, this.#answers++);
      case "twice":
        ack(own);
        return ack("again");
      case "bytes":
        return ack({ [own]: Buffer.from([1, this.#index]) });
      case "nothing":
        return ack();
      case "late":
        this.#kept.push(ack);
        return;
      case "never":
    }
  }
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
