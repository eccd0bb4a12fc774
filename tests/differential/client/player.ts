import type { Manager, Socket } from "socket.io-client";
import { isReservedEvent } from "socket.io-parser/events";
import { insides } from "../../conformance/client/stage.ts";
import type { ClientLibrary } from "../../interop/implementations.ts";
import type { Log } from "./log.ts";
import type { Act, Program } from "./program.ts";
import { authOf, ownOptions, valueOf } from "./values.ts";
import { isWanted, isWantedIn, isWantedInOutgoing } from "./wanted.ts";
import type { World } from "./world.ts";

type Listener = (...args: unknown[]) => void;

interface Watched<T> {
  readonly label: string;
  readonly it: T;
  /** Listeners of programs, by number. */
  readonly listeners: readonly Listener[];
}

const MANAGER_EVENTS = [
  ...["open", "close", "error", "ping", "reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"],
] as const;

/** So long the last step lasts: a connection is made again, and lives through its heartbeats. */
const FINALLY_MS = 300;

/** Does with one maker's client what a program says, and notes what is seen. */
export class Player {
  readonly #library: ClientLibrary;
  readonly #program: Program;
  readonly #world: World;
  readonly #log: Log;
  readonly #sockets: Watched<Socket>[] = [];
  readonly #managers: Watched<Manager>[] = [];
  readonly #questions: Listener[] = [];
  #lastView = "";
  #asked = 0;
  /** While an event is emitted of which something was said. */
  #hasManner = false;
  /** False from a step that does not settle to the end of the next one that does. */
  #isSettled = true;

  constructor(library: ClientLibrary, program: Program, world: World, log: Log) {
    this.#library = library;
    this.#program = program;
    this.#world = world;
    this.#log = log;
  }

  async run(): Promise<void> {
    for (const { act, settles } of this.#program.steps) {
      this.#log.begin();
      if (act.do !== "time") this.#try(act);
      // What listeners do meanwhile is in the midst of other things.
      this.#isSettled = false;
      if (act.do === "time") await this.#world.pass(act.ms);
      this.#view();
      if (settles) {
        await this.#world.settle();
        this.#view();
      }
      this.#isSettled = settles || act.do === "time";
    }
    this.#isSettled = false;
    this.#log.begin();
    await this.#world.settle();
    this.#world.proxy.forward();
    await this.#world.pass(FINALLY_MS);
    this.#view();
  }

  close(): void {
    for (const { it } of this.#managers) insides(it.reconnection(false))._close();
  }

  #try(act: Act): void {
    try {
      this.#do(act);
    } catch (error) {
      this.#log.add("caller", `thrown: ${String(error)}`);
    }
  }

  #do(act: Act): void {
    switch (act.do) {
      case "io": {
        const options = { ...this.#options(act.manager), ...ownOptions(act.own) };
        return this.#watch(this.#library.io(this.#world.url + act.nsp + act.query, options));
      }
      case "manager":
        return this.#watchManager(new this.#library.Manager(this.#world.url, this.#options(act.manager)));
      case "namespace":
        return this.#with(this.#managers, act.m, ({ it }) => this.#watch(it.socket(act.nsp, ownOptions(act.own))));
      case "emit":
        return this.#with(this.#sockets, act.s, ({ it }) => this.#emit(it, act));
      case "send":
        return this.#with(this.#sockets, act.s, ({ it }) => it.send(...act.args.map(valueOf)));
      case "socket":
        return this.#with(this.#sockets, act.s, ({ it }) => {
          if (!isWanted(act.do, it)) it[act.call]();
        });
      case "auth":
        return this.#with(this.#sockets, act.s, ({ it }) => Object.assign(it, { auth: authOf(act.auth) }));
      case "listen":
        return this.#with(this.#sockets, act.s, ({ it, listeners }) => {
          if (act.call === "off all") it.off(act.name);
          else it[act.call](act.name, listeners[act.listener]!);
        });
      case "any":
        return this.#with(this.#sockets, act.s, ({ it, listeners }) => {
          const name = `${act.call === "prepend" ? "prepend" : act.call.slice(0, 3).trim()}Any${act.way}` as "onAny";
          if (act.call === "off all") (it as unknown as Record<string, () => void>)[name]!();
          else it[name](listeners[act.listener]!);
        });
      case "when any":
        return this.#with(this.#sockets, act.s, ({ it, label }) => {
          const n = this.#asked++;
          let isDone = false;
          const isOutgoing = act.call.endsWith("Outgoing");
          it[act.call]((...args: unknown[]) => {
            this.#tell(label, `${act.call} ${n}`, args);
            const isFirst = !isDone;
            isDone = true;
            if (isFirst && (!isOutgoing || !isWantedInOutgoing(act.reaction, it, this.#hasManner)))
              this.#try(act.reaction);
          });
        });
      case "count":
        return this.#with(this.#sockets, act.s, ({ it, label }) => {
          const lists = [it.listeners(act.name), it.listenersAny(), it.listenersAnyOutgoing()];
          this.#log.add(label, `${act.name} ${lists.map((list) => list.length).join()} ${it.hasListeners(act.name)}`);
        });
      case "edit":
        return this.#with(this.#managers, act.m, ({ it }) => void Object.assign(it.opts, act.options));
      case "answer":
        for (const question of this.#questions) question("re", 1);
        return;
      case "open":
        return this.#with(this.#managers, act.m, ({ it, label }) => {
          if (isWanted(act.do, it)) return;
          const n = this.#asked++;
          const told = (error?: Error): void => this.#tell(`${label} open ${n}`, "told", error);
          it[act.call](...(act.callback ? [told] : []));
        });
      case "close engine":
        return this.#with(this.#managers, act.m, ({ it }) => {
          if (!isWanted(act.do, it) && this.#isSettled) it.engine.close();
        });
      case "set":
        return this.#with(this.#managers, act.m, ({ it }) => {
          if (act.value !== false || !isWanted(act.do, it)) it[act.name](act.value as never);
        });
      case "when socket":
        return this.#with(this.#sockets, act.s, ({ it }) => {
          // In what order Sockets hear of an end is no matter of this tester; so each does something with itself.
          const itself = this.#sockets.findIndex((watched) => watched.it === it);
          const reaction = "s" in act.reaction ? { ...act.reaction, s: itself } : act.reaction;
          it.once(act.event, () => {
            if (!isWantedIn(act.event, reaction, it)) this.#try(reaction);
          });
        });
      case "when manager":
        return this.#with(this.#managers, act.m, ({ it }) =>
          it.once(act.event as "open", () => this.#try(act.reaction)),
        );
      case "server emits":
        return this.#world.app.emit(act.nsp, act.name, act.args.map(valueOf), act.asks);
      case "server disconnects":
        return this.#world.app.disconnect(act.nsp, act.close);
      case "server answers":
        return this.#world.app.answer();
      case "server closes engines":
        return this.#world.app.closeEngines();
      case "network":
        return this.#world.proxy[act.call]();
      case "time":
    }
  }

  #with<T>(list: readonly T[], at: number, act: (item: T) => unknown): void {
    if (list.length > 0) act(list[at % list.length]!);
  }

  #options(manager: object): object {
    const { transports, options } = this.#program.setting;
    // By this the server tells connections apart, whichever of several comes first.
    const extraHeaders = { manager: String(this.#asked++) };
    const parser = this.#world.parserFor(this.#library);
    return {
      transports: [...transports],
      path: this.#world.path,
      extraHeaders,
      ...(parser && { parser }),
      ...options,
      ...manager,
    };
  }

  #emit(socket: Socket, { name, args, manner, answer, leadsTo }: Extract<Act, { do: "emit" }>): void {
    if (manner.volatile && (!this.#isSettled || isWanted("volatile", socket) || isReserved(name))) return;
    let to = manner.volatile ? socket.volatile : socket;
    const { timeout, compress } = isWanted("manner", socket) ? {} : manner;
    if (timeout !== undefined) to = to.timeout(timeout);
    if (compress !== undefined) to = to.compress(compress);
    const values = args.map(valueOf);
    const n = this.#asked++;
    const observer = `ack ${n}`;
    const told = (...result: unknown[]): void => {
      this.#tell(observer, "told", ...result);
      // It may be told of the end of the connection.
      if (leadsTo !== undefined && !isWantedIn("disconnect", leadsTo, socket)) this.#try(leadsTo);
    };
    this.#hasManner = Object.keys(manner).length > 0;
    if (answer === "promise") {
      to.emitWithAck(name, ...values).then(
        (value: unknown) => this.#tell(observer, "promised", value),
        (error: unknown) => this.#tell(observer, "refused", error),
      );
    } else to.emit(name, ...values, ...(answer === "callback" ? [told] : []));
    this.#hasManner = false;
  }

  #watch(socket: Socket): void {
    this.#watchManager(socket.io);
    const known = this.#sockets.find(({ it }) => it === socket);
    if (known) return this.#log.add("caller", `that is ${known.label}`);
    const label = `socket ${this.#sockets.length}`;
    const listeners = [0, 1, 2].map((n): Listener => (...args) => {
      const last = args.at(-1);
      // Upstream's client answers for a Socket that has left, too, for which the server ends the connection.
      if (typeof last === "function") this.#questions.push((...answer) => socket.connected && last(...answer));
      this.#tell(label, `listener ${n}`, args);
    });
    this.#sockets.push({ label, it: socket, listeners });
    const tell = (what: string, ...values: unknown[]): void =>
      this.#tell(label, `${what} ${this.#stateOf(label, socket)}`, ...values);
    socket.on("connect", () => tell("connect"));
    socket.on("connect_error", (error) => tell("connect_error", error));
    socket.on("disconnect", (reason, details) => tell(`disconnect: ${reason}`, details));
    socket.on("a", listeners[0]!);
  }

  #watchManager(manager: Manager): void {
    if (this.#managers.some(({ it }) => it === manager)) return;
    const label = `manager ${this.#managers.length}`;
    this.#managers.push({ label, it: manager, listeners: [] });
    for (const name of MANAGER_EVENTS) {
      manager.on(name as "open", (...args: unknown[]) => this.#tell(label, name, ...args));
    }
  }

  #stateOf(label: string, socket: Socket): string {
    const { connected, disconnected, active, id, recovered } = socket;
    const flags = [
      connected && "connected",
      disconnected && "disconnected",
      active && "active",
      recovered && "recovered",
    ];
    return `[${flags.filter(Boolean).join(" ")} ${this.#log.show(label, id)}]`;
  }

  /** What can be seen from outside, where it has changed. */
  #view(): void {
    // What is kept is looked at here alone: in the midst of handing it on, upstream's client still counts it.
    const keptOf = ({ sendBuffer, receiveBuffer }: Socket): string => `${sendBuffer.length}/${receiveBuffer.length}`;
    const view = [
      ...this.#sockets.map(({ label, it }) => `${label} ${this.#stateOf(label, it)} kept ${keptOf(it)}`),
      ...this.#managers.map(({ label, it }) => `${label} [${insides(it)._readyState} ${!!insides(it)._reconnecting}]`),
    ].join("; ");
    if (view !== this.#lastView) this.#log.add("view", view);
    this.#lastView = view;
  }

  /** What somebody has heard: values, errors, details of an end. */
  #tell(observer: string, what: string, ...values: readonly unknown[]): void {
    const show = (value: unknown): string => {
      if (value instanceof Error) {
        const { message, type = "" } = value as Error & { type?: string };
        // Of the two requests of polling, which fails first is the network's business.
        return `${value.constructor.name}(${[message.replace(/xhr (poll|post)/, "xhr"), type, "data" in value ? this.#log.show(observer, value.data) : ""].join()})`;
      }
      if (isDescription(value)) return `(${value.description})`;
      // A reason.
      return typeof value === "string" && value.includes(" ") ? value : this.#log.show(observer, value);
    };
    this.#log.add(observer, [what, ...values.map(show)].join(" "));
  }
}

/** Such an event is refused, and then is the next one that is volatile: see wanted.ts. */
const isReserved = isReservedEvent;

function isDescription(value: unknown): value is { description: string } {
  return typeof value === "object" && value !== null && "description" in value;
}
