import type { Server, Socket } from "socket.io";
import type { Log } from "./log.ts";

type Answer = (...args: unknown[]) => void;

/** What the server does: the same for both clients. */
export class Application {
  readonly #io: Server;
  readonly #log: Log;
  readonly #open: Answer[] = [];
  #asked = 0;
  readonly #joined = new Map<string, number>();

  constructor(io: Server, log: Log) {
    this.#io = io;
    this.#log = log;
    io.of("/auth").use(({ handshake: { auth } }, next) => {
      if (auth["ok"]) return next();
      next(Object.assign(new Error("no entry"), auth["bare"] ? {} : { data: { code: 7, why: ["x"] } }));
    });
    io.of("/slow").use((_socket, next) => void setTimeout(next, 60));
    io.of("/hi").on("connection", (socket) => {
      socket.emit("a", "hi");
      this.#ask(socket, "b", [1]);
    });
    for (const nsp of ["/", "/a", "/hi", "/auth", "/slow", /^\/dyn-\d$/]) {
      io.of(nsp).on("connection", (socket) => this.#attend(socket));
    }
  }

  emit(nsp: string, name: string, args: readonly unknown[], asks: boolean): void {
    for (const socket of this.#socketsOf(nsp)) {
      if (asks) this.#ask(socket, name, args);
      else socket.emit(name, ...args);
    }
  }

  disconnect(nsp: string, close: boolean): void {
    for (const socket of this.#socketsOf(nsp)) socket.disconnect(close);
  }

  /** Answers all that has not been answered. */
  answer(): void {
    for (const answer of this.#open.splice(0)) answer("late", 1);
  }

  closeEngines(): void {
    for (const client of new Set(this.#socketsOf("/").map(({ conn }) => conn))) client.close();
  }

  #socketsOf(nsp: string): Socket[] {
    return [...(this.#io._nsps.get(nsp)?.sockets.values() ?? [])];
  }

  #ask(socket: Socket, name: string, args: readonly unknown[]): void {
    const n = this.#asked++;
    socket.timeout(200).emit(name, ...args, (error: Error | null, ...answer: unknown[]) => {
      this.#log.add(`question ${n}`, error ? error.message : this.#log.show(`question ${n}`, answer));
    });
  }

  #attend(socket: Socket): void {
    const name = `${socket.nsp.name} of ${String(socket.handshake.headers["manager"])} at the server`;
    const n = this.#joined.get(name) ?? 0;
    this.#joined.set(name, n + 1);
    const observer = `${name}, ${n}`;
    const tell = (what: string): void => this.#log.add(observer, what);
    // Until then, which offset it tells of is such a difference.
    const { offset: _offset, ...auth } = socket.handshake.auth;
    const { query } = socket.handshake;
    const { EIO: _EIO, transport: _transport, t: _t, sid: _sid, ...own } = query;
    tell(`connection ${this.#log.show(observer, { auth, own, recovered: socket.recovered })}`);
    // So that each session has an offset: upstream's client may come back with that of one before (protocols.md 3.10).
    if (!socket.recovered) socket.emit("hello");
    // By polling it is said which request has come first.
    socket.on("disconnect", (reason) => tell(`disconnect: ${reason.replace("server close", "close")}`));
    socket.onAny((event, ...args) => tell(`${event}${this.#log.show(observer, args)}`));
    const answering = (event: string, act: (answer: Answer, args: unknown[]) => void): void => {
      socket.on(event, (...args: unknown[]) => {
        const answer = typeof args.at(-1) === "function" ? (args.pop() as Answer) : () => {};
        act(answer, args);
      });
    };
    answering("ask", (answer, args) => answer(...args));
    answering("twice", (answer) => (answer(1), answer(2)));
    answering("late", (answer) => this.#open.push(answer));
    answering("back", (answer, args) => {
      socket.emit("a", ...args);
      answer("back");
      socket.emit("b");
    });
    answering("burst", (answer) => {
      for (const n of [1, 2, 3]) socket.emit("a", n);
      this.#ask(socket, "c", []);
      answer();
    });
    answering("bye", (answer) => (answer("bye"), socket.emit("a"), socket.disconnect()));
    answering("byeAll", (answer) => (socket.disconnect(true), answer()));
    // Not in one read with what was sent before: what of it is still heard is no matter of this tester.
    answering("cut", () => void setImmediate(() => setImmediate(() => socket.conn.close())));
  }
}
