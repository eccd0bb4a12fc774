import type { Manager, ManagerOptions, Socket } from "socket.io-client";
import { PacketType } from "socket.io-parser";
import { CELLS, client } from "../../conformance/server/makers.ts";
import type { Stage } from "../../conformance/server/stage.ts";
import type { Log } from "./log.ts";
import { oldSocket } from "./old-client.ts";
import { parserOf } from "./parsers.ts";
import type { ClientStep, Said, Setup } from "./program.ts";
import { forget, type Sessions } from "./sessions.ts";
import { real, written } from "./values.ts";
import { TRANSPORTS, type Probes, type Way } from "./ways.ts";

/** A namespace that nobody has: the refusal comes back after all that was sent before. */
export const NOWHERE = "/nowhere";

const OPTIONS = { forceNew: true, reconnection: false, autoConnect: false };

type See = (observer: string, what: string) => void;
type Answer = (...args: unknown[]) => void;

/** Three clients of upstream's make, each with a connection of its own, and what they see. */
export class Clients {
  /** Set once nobody is to be told any more what they see. */
  isSilent = false;
  readonly #clients: readonly Client[];

  constructor(stage: Stage, log: Log, { ways, parser: name }: Setup, sessions: Sessions) {
    const parser = parserOf(name, "upstream", CELLS.find(({ maker }) => maker === "upstream")!.parser);
    const see: See = (observer, what) => {
      if (!this.isSilent) log.see(observer, what);
    };
    this.#clients = ways.map(
      (way, index) =>
        new Client(
          stage,
          see,
          index,
          { ...OPTIONS, transports: TRANSPORTS[way], ...(parser && { parser }) },
          way,
          sessions,
        ),
    );
  }

  /** How many have a connection. */
  get openCount(): number {
    return this.#clients.filter((client) => client.isOpen).length;
  }

  take(step: ClientStep): void {
    this.#of(step).take(step);
  }

  /** Whether the server may get several packets in one read. */
  sendsSeveral(step: ClientStep): boolean {
    return step.do === "say"
      ? step.events.length > 1
      : step.do === "connect" && this.#of(step).connectsSeveral(step.nsp);
  }

  #of(step: ClientStep): Client {
    return this.#clients[step.client % this.#clients.length]!;
  }

  async roundTrip(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.roundTrip()));
  }

  /** Whether somebody has left all its namespaces, and is still connected. */
  get isSomebodyIdle(): boolean {
    return this.#clients.some((client) => client.isIdle);
  }

  /** Whether no client upgrades but those whose probes wait. */
  areUpgraded(probes: Probes): boolean {
    return this.#clients.every(({ upgrading }) => typeof upgrading !== "string" || probes.has(upgrading));
  }
}

class Client {
  readonly #stage: Stage;
  /** Its server may be closed, and has no port then. */
  readonly #uri: string;
  readonly #see: See;
  readonly #index: number;
  readonly #options: Partial<ManagerOptions>;
  readonly #way: Way;
  readonly #sessions: Sessions;
  readonly #sockets = new Map<string, Socket>();
  readonly #kept: Answer[] = [];
  /** Namespaces whose CONNECT has no answer yet. */
  readonly #asked = new Set<string>();
  #manager: Manager | undefined;
  #hasJoined = false;
  #how: (ClientStep & { do: "answer" })["how"] = "at once";
  #answers = 0;

  constructor(stage: Stage, see: See, index: number, options: Partial<ManagerOptions>, way: Way, sessions: Sessions) {
    this.#stage = stage;
    this.#uri = `http://127.0.0.1:${stage.port()}`;
    this.#see = see;
    this.#index = index;
    this.#options = options;
    this.#way = way;
    this.#sessions = sessions;
  }

  get isOpen(): boolean {
    return this.#manager?._readyState === "open";
  }

  /** Whether it has joined a namespace, and is in none any more. */
  get isIdle(): boolean {
    return this.isOpen && this.#hasJoined && ![...this.#sockets.values()].some(({ connected }) => connected);
  }

  /** The id of its session, if that is to get another transport and has it not. */
  get upgrading(): string | null | undefined {
    const { engine } = this.#manager ?? {};
    return this.isOpen && this.#way === "upgrade" && engine?.transport.name === "polling" ? engine.id : undefined;
  }

  /** With one namespace others come again, which were cut off. */
  connectsSeveral(nsp: string): boolean {
    return (
      !this.#sessions.isOn && !this.isOpen && [...this.#sockets].some(([name, socket]) => name !== nsp && socket.active)
    );
  }

  take(step: ClientStep): void {
    switch (step.do) {
      case "connect": {
        const socket = this.#socket(step.nsp);
        socket.auth = { ...(real(step.auth) as object), who: this.#index };
        // The server takes only one CONNECT at a time for a namespace (Bounded, fenced, fuzzed).
        if ((socket.active && this.isOpen) || this.#asked.has(step.nsp)) return;
        this.#sessions.beforeReturn(socket);
        // Each comes back by itself: how long it takes to find a session is nobody's business.
        if (this.#sessions.isOn && !this.isOpen) for (const each of this.#sockets.values()) each.disconnect();
        socket.connect();
        for (const [name, { active, connected }] of this.#sockets) if (active && !connected) this.#asked.add(name);
        return;
      }
      case "leave":
        return void this.#sockets.get(step.nsp)?.disconnect();
      case "cut":
        if (this.#sessions.mayBeCut(this.#sockets.keys())) this.#manager?.engine?.close();
        return;
      case "say": {
        const socket = this.#sockets.get(step.nsp);
        for (const said of step.events) if (socket?.connected === true) this.#say(socket, said);
        return;
      }
      case "answer":
        this.#how = step.how;
        return;
      case "answer late":
        this.#kept.splice(step.which % (this.#kept.length || 1), 1)[0]?.("late", this.#index);
    }
  }

  async roundTrip(): Promise<void> {
    const manager = this.#manager;
    if (manager === undefined) return;
    while (manager._readyState === "opening") await new Promise(setImmediate);
    if (manager._readyState !== "open") return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        manager.off("packet", onPacket);
        manager.off("close", done);
        resolve();
      };
      const onPacket = (packet: { nsp: string }): void => {
        if (packet.nsp === NOWHERE) done();
      };
      manager.on("packet", onPacket);
      manager.on("close", done);
      manager._packet({ type: PacketType.CONNECT, nsp: NOWHERE });
    });
  }

  #socket(nsp: string): Socket {
    const existing = this.#sockets.get(nsp);
    if (existing !== undefined) return existing;
    const socket =
      this.#way === "old"
        ? oldSocket(this.#manager, this.#uri, nsp, this.#index)
        : (this.#manager?.socket(nsp) ?? client.io(this.#uri + nsp, this.#options));
    this.#stage.defer(() => socket.disconnect());
    if (this.#manager === undefined) {
      this.#manager = socket.io;
      this.#manager.on("packet", ({ type, nsp }) => {
        if (type === PacketType.CONNECT) this.#hasJoined = true;
        if (type === PacketType.CONNECT || type === PacketType.CONNECT_ERROR) this.#asked.delete(nsp);
      });
      this.#manager.on("close", () => {
        this.#hasJoined = false;
        this.#asked.clear();
      });
    }
    this.#sockets.set(nsp, socket);
    const see = (what: string): void => this.#see(`client ${this.#index} of ${nsp}`, what);
    socket.on("connect", () => {
      this.#sessions.onConnect(socket);
      see(socket.recovered ? "connect, recovered" : "connect");
    });
    socket.on("connect_error", (error) => {
      see(`connect_error ${written(error)}`);
      forget(socket);
    });
    socket.on("disconnect", (reason, details) =>
      see(`disconnect ${reason} ${details === undefined ? "" : "with details"}`),
    );
    socket.onAny((...event: unknown[]) => {
      see(event.map(written).join(", "));
      const ack = event.at(-1);
      if (typeof ack === "function") this.#answer(ack as Answer);
    });
    return socket;
  }

  #say(socket: Socket, { event, args, ack }: Said): void {
    const rest = args.map(real);
    const see = (...answer: unknown[]): void =>
      this.#see(`answers to ${this.#index}`, `${event}: ${answer.map(written).join(", ")}`);
    try {
      socket.emit(event as string, ...rest, ...(ack ? [see] : []));
    } catch (error) {
      see(error);
    }
  }

  #answer(ack: Answer): void {
    const number = this.#answers++;
    switch (this.#how) {
      case "at once":
        return ack(`of ${this.#index}`, number);
      case "twice":
        ack("first", number);
        return ack("second", number);
      case "bytes":
        return ack(Buffer.from([this.#index]), { deep: [Buffer.alloc(2)] });
      case "nothing":
        return ack();
      case "error":
        return ack(new Error("no"), undefined, null);
      case "keep":
        this.#kept.push(ack);
        return;
      case "never":
    }
  }
}
