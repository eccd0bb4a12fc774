import type { Namespace, Server, Socket } from "socket.io";
import { insides } from "../../conformance/server/stage.ts";
import { act, isSent, nameOfResult, observe } from "./actions.ts";
import { NOWHERE } from "./clients.ts";
import type { Log } from "./log.ts";
import { dropsWhatIsSent, isSocket, Memory, pick, type About, type Call, type Callee } from "./memory.ts";
import type { Action, Next, ParentKind, ServerStep, Setup } from "./program.ts";
import type { Sessions } from "./sessions.ts";
import { real, written } from "./values.ts";
import { inspected, viewed } from "./views.ts";

/** So many reactions may come of one step: programs may go round in circles. */
const MAX_REACTIONS = 30;

/** Takes the steps of a program that belong to the server, and tells what its listeners, middlewares and callbacks see. */
export class Performer {
  /** While set, listeners only tell. */
  #isCalm = false;
  readonly #memory: Memory;
  readonly #sessions: Sessions;
  readonly #onConnection: readonly ServerStep[];
  #middlewares = 0;
  #reactions = 0;

  constructor(io: Server, log: Log, setup: Setup, sessions: Sessions) {
    const { onConnection } = setup;
    this.#onConnection = onConnection;
    const memory = new Memory(io, log, setup);
    this.#memory = memory;
    this.#sessions = sessions;
    memory.parents.push(
      io.of(/^\/dyn-\d$/),
      io.of((name, auth, next) => this.#match(name, auth, next)),
    );
    for (const nsp of [io.of("/"), ...memory.parents]) this.#watch(nsp, onConnection);
    this.#watchAdapter(io.of("/"));
    io.on("new_namespace", (nsp: Namespace) => {
      memory.see("io", `new_namespace ${nsp.name}`);
      this.#watchAdapter(nsp);
      // Children have the listeners of their parent.
      if (!memory.parents.some((parent) => insides(parent).children.has(nsp))) this.#watch(nsp, onConnection);
    });
    io.of("/chat");
  }

  /**
   * Another step begins.
   *
   * @param isCalm whether listeners only tell meanwhile
   */
  begin(isCalm: boolean): void {
    this.#memory.next();
    this.#isCalm = isCalm;
    this.#reactions = 0;
  }

  take(step: ServerStep): void {
    const memory = this.#memory;
    memory.isImmediate = true;
    try {
      this.#perform(step, {});
    } finally {
      memory.isImmediate = false;
    }
  }

  #of(name: string | number, listens: boolean): void {
    const memory = this.#memory;
    const listener = (socket: Socket): void => memory.see(memory.nameOf(socket), `of ${name}: connect`);
    // Upstream forgets the listener where it makes a child of a parent (docs/differences.md).
    const isThere = memory.io._nsps.has(String(name).replace(/^(?!\/)/, "/"));
    const nsp = memory.io.of(name as string, ...(listens && isThere ? [listener] : []));
    memory.see("io", `of ${nsp.name}`);
  }

  #callAdapter({ nsp, method, room, socket: which }: ServerStep & { do: "call adapter" }): void {
    const memory = this.#memory;
    const adapter = memory.io._nsps.get(nsp)?.adapter;
    const socket = pick(memory.sockets, which);
    if (adapter === undefined || socket === undefined) return;
    // Who has left, or is not let in yet, has no rooms.
    if (method === "addAll" && !(socket.connected && socket.nsp.name === nsp)) return;
    const rooms = new Set([memory.rooms(room) as string]);
    // oxlint-disable-next-line typescript/no-explicit-any -- which methods there are is among what is compared
    const args: Record<typeof method, any[]> = {
      addAll: [socket.id, rooms],
      del: [socket.id, ...rooms],
      delAll: [socket.id],
      sockets: [rooms],
      socketRooms: [socket.id],
      serverCount: [],
      broadcast: [
        { type: 2, data: ["e1", "by the adapter"] },
        { rooms, except: new Set(), flags: {} },
      ],
    };
    // With recovery, upstream sends what a socket is sent to all who are in its room, and to nobody else: see compare.ts.
    if (memory.isRecovering && (method === "del" || method === "delAll" || typeof room === "object")) return;
    // oxlint-disable-next-line typescript/no-explicit-any -- see above
    const result: unknown = (adapter as any)[method](...args[method]);
    if (result instanceof Promise) observe(memory, method, result, adapter);
    else memory.see("call", `${method} gives ${written(result)}`);
  }

  #addParent(kind: ParentKind): void {
    const memory = this.#memory;
    const number = memory.parents.length;
    const parent =
      kind === "expression"
        ? memory.io.of(/^\/(fn|dyn)-[12]$/)
        : memory.io.of((name, auth, next) => {
            if (name === NOWHERE) return next(null, false);
            memory.see(`matcher ${number}`, `${name} ${written(auth)}`);
            const isAllowed = name.length === 6;
            if (kind === "any") return next(null, isAllowed);
            if (kind === "late") setImmediate(next, null, isAllowed);
            if (kind === "fails late") setImmediate(next, new Error("late"), true);
            if (kind === "never") next(undefined as never, 0 as never);
          });
    memory.parents.push(parent);
    this.#watch(parent, this.#onConnection);
  }

  #match(name: string, auth: Record<string, unknown>, next: (error: Error | null, allow: boolean) => void): void {
    if (name === NOWHERE) return next(null, false);
    this.#memory.see("matcher", `${name} ${written(auth)}`);
    const isAllowed = name.startsWith("/fn-") && auth["late"] !== "refused";
    const answer = (): void => next(auth["fail"] === undefined ? null : new Error("no"), isAllowed);
    if (auth["late"] === undefined) answer();
    else setImmediate(answer);
  }

  #watch(nsp: Namespace, onConnection: readonly ServerStep[]): void {
    const memory = this.#memory;
    nsp.on("connect", (socket) => memory.entered.add(socket));
    nsp.on("connect", (socket) => memory.see(memory.nameOf(socket), `connect to ${socket.nsp.name}`));
    nsp.on("connection", (socket) => {
      const name = memory.nameOf(socket);
      for (const event of ["e1", "e2"]) {
        socket.on(event, (...args: unknown[]) => memory.see(name, `${event}: ${args.map(written).join(", ")}`));
      }
      const tell = (what: string): void => memory.see(name, `${what}, rooms ${written([...socket.rooms])}`);
      tell("connection");
      socket.on("disconnecting", (reason, details) => tell(`disconnecting ${reason} ${typeof details}`));
      socket.on("disconnect", (reason) => this.#sessions.onDisconnect(socket, reason));
      socket.on("disconnect", (reason, details) => tell(`disconnect ${reason} ${typeof details}`));
      this.#react(onConnection, { self: socket, isEntering: true });
    });
  }

  #watchAdapter({ name, adapter }: Namespace): void {
    this.#sessions.watchAdapter(adapter);
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      const tell = (...args: unknown[]): void =>
        this.#memory.see(`rooms of ${name}`, `${event} ${args.map(written).join(" ")}`);
      adapter.on(event, tell);
    }
  }

  #react(steps: readonly ServerStep[], about: About): void {
    if (this.#isCalm) return;
    this.#memory.depth++;
    for (const step of steps) if (this.#reactions++ < MAX_REACTIONS) this.#perform(step, about);
    this.#memory.depth--;
  }

  #perform(step: ServerStep, about: About): void {
    try {
      this.#do(step, about);
    } catch (error) {
      this.#memory.see("thrown", `${step.do}: ${written(error)}`);
    }
  }

  #do(step: ServerStep, about: About): void {
    const memory = this.#memory;
    if (!("on" in step)) return this.#doAlone(step, about);
    if (step.do === "call" || step.do === "keep") {
      const target = memory.chain(step.on, step.chain, about, step.do === "call" && isSent(step.action));
      if (target === undefined) return;
      const isVolatile = step.chain.some(([name]) => name === "volatile");
      if (step.do === "keep") memory.kept.push({ target, isVolatile });
      else this.#act(target, step.action, isVolatile);
      return;
    }
    const target = memory.source(step.on, about);
    if (target === undefined) return;
    const call = (name: string, ...args: unknown[]): void => {
      if (typeof target[name] !== "function") return;
      memory.see("call", `${name} gives ${nameOfResult(target[name](...args), target, memory)}`);
    };
    switch (step.do) {
      case "listen": {
        const listener = this.#listener(`${step.how} ${step.event}`, step.reactions);
        return call(step.how, ...(/any/i.test(step.how) ? [] : [step.event]), listener);
      }
      case "unlisten": {
        const { listener: which } = step;
        const known = which === "itself" ? about.listener : which === null ? undefined : pick(memory.listeners, which);
        const listener = known === undefined ? [] : [known];
        if (/any/i.test(step.how)) return call(step.how, ...listener);
        return listener.length === 0 ? call("removeAllListeners", step.event) : call(step.how, step.event, ...listener);
      }
      case "strip":
        // Not of namespaces: nothing would be seen any more.
        return isSocket(target) ? call("removeAllListeners") : undefined;
      case "count":
        if (typeof target.listenerCount !== "function") return;
        return memory.see(
          "view",
          `${target.listenerCount(step.event)} ${target.listeners(step.event).length} ${target.rawListeners(step.event).length} ${written(target.eventNames())} ${target.getMaxListeners()}`,
        );
      case "use":
        return this.#use(target, step.next, step.reactions);
      case "data":
        if (isSocket(target)) target.data.value = real(step.value);
        return;
      case "hang up":
        if (isSocket(target) && this.#sessions.mayBeCut(insides(target).client.nsps.keys())) target.conn.close();
        return;
      case "inspect":
        if (isSocket(target)) memory.see("view", inspected(target));
    }
  }

  #doAlone(step: Exclude<ServerStep, { on: unknown }>, about: About): void {
    const memory = this.#memory;
    switch (step.do) {
      case "go on": {
        const [next] = memory.nexts.splice(step.which % (memory.nexts.length || 1), 1);
        return next?.(...(step.refuse ? [new Error("refused late")] : []));
      }
      case "reply":
        if (about.ack === undefined) return;
        if (step.keep) memory.acks.push({ ack: about.ack, socket: about.self });
        else about.ack(...step.args.map(real));
        return;
      case "reply late": {
        const kept = pick(memory.acks, step.which);
        if (kept?.socket !== undefined && !dropsWhatIsSent(kept.socket, step.args)) kept.ack(...step.args.map(real));
        return;
      }
      case "of":
        return this.#of(step.name, step.listens);
      case "parent":
        return this.#addParent(step.kind);
      case "option": {
        const { name, value } = step;
        const { io } = memory;
        if (value !== null) memory.see("io", `${name} gives ${nameOfResult(io[name](value as never), io, memory)}`);
        return memory.see("io", `${name} is ${written(io[name]())}`);
      }
      case "adapter": {
        const { io } = memory;
        // Upstream forgets those who are there (docs/status.md).
        if (io.engine.clientsCount > 0) return;
        memory.see("io", `adapter gives ${nameOfResult(io.adapter(io.adapter()!), io, memory)}`);
        for (const nsp of io._nsps.values()) this.#watchAdapter(nsp);
        return;
      }
      case "call adapter":
        return this.#callAdapter(step);
      case "close":
        if (!this.#sessions.mayBeCut(memory.io._nsps.keys())) return;
        // When its HTTP server has closed is nobody's business.
        return void memory.io.close();
      case "view":
        if (about.isEntering !== true) memory.see("view", viewed(memory.io, step.nsp));
    }
  }

  #act(target: Callee, action: Action, isVolatile: boolean): void {
    const isCalm = this.#isCalm;
    // Else listeners for what is sent might write before it.
    this.#isCalm ||= isVolatile && this.#memory.isVolatileAlone;
    try {
      act(this.#memory, target, action);
    } finally {
      this.#isCalm = isCalm;
    }
  }

  #listener(what: string, reactions: readonly ServerStep[]): Call {
    const memory = this.#memory;
    const number = memory.listeners.length;
    const heard = (self: unknown, args: readonly unknown[]): void => {
      memory.see(`listener ${number}`, `${what}: ${args.map((arg) => memory.described(arg)).join(", ")}`);
      if (isSocket(args[0])) this.#react(reactions, { self: args[0], isEntering: true, listener });
      else this.#react(reactions, { ...(isSocket(self) && { self }), ack: lastFunction(args), listener });
    };
    const listener = function (this: unknown, ...args: unknown[]): void {
      heard(this, args);
    };
    memory.listeners.push(listener);
    return listener;
  }

  /** Adds a middleware to a namespace or a socket. */
  #use(target: Callee, kind: Next, reactions: readonly ServerStep[]): void {
    if (typeof target.use !== "function") return;
    const memory = this.#memory;
    const number = this.#middlewares++;
    const result: unknown = target.use((subject: Socket | unknown[], next: Call) => {
      memory.see(`middleware ${number}`, memory.described(subject));
      if (isSocket(subject)) {
        memory.entering = subject;
        this.#react(reactions, { self: subject, isEntering: true });
        memory.entering = undefined;
        answer(kind === "keep" && subject.rooms.size > 0 ? "pass" : kind, memory, number, next);
      } else {
        this.#react(reactions, { self: target as Socket, ack: lastFunction(subject) });
        if (kind === "push") subject.splice(1, 0, "pushed");
        else if (kind === "rename") subject[0] = "renamed";
        else if (kind === "pop") subject.pop();
        else if (kind === "replace") subject.splice(0, Infinity, "e2", Buffer.from([1]));
        answer(kind, memory, number, next);
      }
    });
    memory.see("call", `use gives ${result === target ? "itself" : written(result)}`);
  }
}

function answer(kind: Next, memory: Memory, number: number, next: Call): void {
  switch (kind) {
    case "refuse":
      return next(Object.assign(new Error("refused"), { data: { by: number } }));
    case "text":
      return next("a text");
    case "object":
      return next({ message: "an object", data: [Buffer.from([1])], more: 1 });
    case "bare":
      return next(new Error(""));
    case "keep":
      return void memory.nexts.push(next);
    case "later":
      return void setImmediate(next);
    case "falsy":
      return next(0);
    case "pop":
    case "replace":
    case "pass":
    case "push":
    case "rename":
      return next();
  }
}

function lastFunction(args: readonly unknown[]): Call | undefined {
  const last = args.at(-1);
  return typeof last === "function" ? (last as Call) : undefined;
}
