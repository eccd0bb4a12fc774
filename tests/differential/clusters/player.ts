import type { BroadcastOperator, DefaultEventsMap, Namespace, RemoteSocket, Socket } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { Maker } from "../../interop/implementations.ts";
import { Network } from "../network.ts";
import { real } from "../server/values.ts";
import { Broker } from "./broker.ts";
import { Bus } from "./bus.ts";
import { Client } from "./clients.ts";
import { CLIENTS, PARENTS } from "./draw.ts";
import { asSent, type Log } from "./log.ts";
import { connectRedis, partsOf, type Emitter, type Redis } from "./makers.ts";
import { Node, optionsOf, type Plant, type Wires } from "./node.ts";
import { doerOf, type Act, type Changes, type Program, type Room, type Source, type Target } from "./program.ts";

type Operator = BroadcastOperator<DefaultEventsMap, unknown>;
/** What has `to`, `except` and flags. */
type Start = Namespace | Socket | Emitter;
type Remote = RemoteSocket<DefaultEventsMap, unknown>;
/** A node, or somebody outside, and what is changed. */
interface Doer {
  readonly who: Node | undefined;
  readonly changes: Changes;
}

interface Found {
  readonly remotes: readonly Remote[];
  /** Who has asked. */
  readonly node: Node;
}
type Take<Name extends Act["do"]> = Extract<Act, { do: Name }>;

/** All that waits has come to its end after this: longer than any timeout. */
const FINALLY_MS = 5100;

/** Lets a cluster do what a program says, and notes what is seen. */
export class Player {
  readonly #makers: readonly Maker[];
  readonly #log: Log;
  readonly #network: Network;
  readonly #wires: Wires;
  readonly #broker: Broker;
  readonly #plant: Plant;
  readonly #nodes: Node[] = [];
  readonly #clients: readonly Client[];
  readonly #emitter: Emitter | undefined;
  readonly #emitterRedis: Redis | undefined;
  /** Sockets on the servers, by client and namespace. */
  readonly #sockets = new Map<string, Socket>();
  readonly #joined = new Map<string, number>();
  /** Who does what is under way. */
  #group: readonly Doer[] | undefined;
  /** To which nodes clients connect. */
  readonly #places: number[] = Array.from({ length: CLIENTS }, (_, client) => client);
  #questions = 0;
  #found: Found | undefined;
  readonly #views: string[] = [];

  /** @param take called at the end, before nothing more is noted */
  static async run(
    makers: readonly Maker[],
    { setting, steps }: Program,
    log: Log,
    plant: Plant,
    take: () => void,
  ): Promise<void> {
    const network = new Network(log);
    const { broker, port } = await Broker.start();
    const player = new Player(makers, { setting, redisPort: port, bus: new Bus() }, log, network, broker, plant);
    try {
      log.begin();
      for (let index = 0; index < setting.nodes; index++) await player.#start(index);
      await network.settle();
      await player.#play(steps);
      take();
      log.end();
    } finally {
      await player.#close();
    }
  }

  private constructor(
    makers: readonly Maker[],
    wires: Wires,
    log: Log,
    network: Network,
    broker: Broker,
    plant: Plant,
  ) {
    const { setting, redisPort } = wires;
    this.#makers = setting.turned ? makers.toReversed() : makers;
    this.#wires = wires;
    this.#log = log;
    this.#network = network;
    this.#broker = broker;
    this.#plant = plant;
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => new Client(index, log));
    if (setting.adapter === "pub/sub") {
      this.#emitterRedis = connectRedis(redisPort);
      this.#emitter = partsOf(this.#makers[0]!).emitter(this.#emitterRedis, optionsOf(setting));
    }
  }

  async #play(steps: Program["steps"]): Promise<void> {
    for (const { act, settles } of steps) {
      if (!this.#joins(act)) await this.#settle();
      if (this.#group === undefined) this.#log.begin();
      try {
        await this.#do(act);
      } catch (error) {
        this.#log.add("caller", `thrown: ${String(error)}`);
      }
      const doer = this.#doerOf(act);
      if (settles || doer === undefined) await this.#settle();
      else this.#group = [...(this.#group ?? []), doer];
    }
    await this.#settle();
    this.#log.begin();
    await this.#network.pass(FINALLY_MS);
    this.#view();
  }

  /** Whether it may be under way with what is. */
  #joins(act: Act): boolean {
    const group = this.#group ?? [];
    const doer = this.#doerOf(act);
    if (doer === undefined) return group.length === 0;
    return group.every(
      ({ who, changes }) =>
        (changes === "nothing" && doer.changes === "nothing") ||
        (who === doer.who && (changes === doer.changes || changes === "nothing" || doer.changes === "nothing")),
    );
  }

  #doerOf(act: Act): Doer | undefined {
    const doer = doerOf(act);
    const { adapter } = this.#wires.setting;
    if (doer?.changes === "sockets anywhere" && adapter !== "pub/sub") return undefined;
    return doer && { changes: doer.changes, who: doer.who === "outside" ? undefined : this.#nodeIn(doer.who) };
  }

  async #settle(): Promise<void> {
    this.#group = undefined;
    await this.#network.settle();
    this.#view();
  }

  #view(): void {
    for (const [index, node] of this.#nodes.entries()) {
      const view = node.isOpen ? node.view() : "closed";
      if (view !== this.#views[index]) this.#log.add(`node ${index}, view`, view);
      this.#views[index] = view;
    }
  }

  async #close(): Promise<void> {
    for (const client of this.#clients) client.close();
    const closed = this.#nodes.filter(({ isOpen }) => isOpen).map((node) => node.close());
    await this.#network.settle();
    await Promise.race([Promise.allSettled(closed), this.#network.settle()]);
    for (const node of this.#nodes) node.end();
    this.#emitterRedis?.disconnect();
    await this.#network.settle();
    this.#broker.close();
    await this.#network.close();
  }

  async #start(index: number): Promise<void> {
    const node = await Node.start(
      this.#makers[index % this.#makers.length]!,
      index,
      this.#wires,
      this.#log,
      this.#plant,
    );
    this.#nodes[index] = node;
    const attend = (nsp: Namespace): void => {
      nsp.use((socket, next) => {
        const who = socket.handshake.auth["who"] as number;
        const place = `${who}${socket.nsp.name}`;
        const times = this.#joined.get(place) ?? 0;
        this.#joined.set(place, times + 1);
        this.#log.name(socket.id, `<${place} ${times}>`);
        next();
      });
      // Who comes back meets no middleware.
      nsp.on("connection", (socket) => {
        this.#sockets.set(`${String(socket.handshake.auth["who"])}${socket.nsp.name}`, socket);
      });
    };
    for (const nsp of node.io._nsps.values()) attend(nsp);
    attend(node.parents);
  }

  async #do(act: Act): Promise<void> {
    switch (act.do) {
      case "connect": {
        const node = this.#nodeOf(act.client);
        if (node.isOpen) this.#clients[act.client]!.connect(node.port, act.nsp);
        return;
      }
      case "disconnect":
        return this.#clients[act.client]!.disconnect(act.nsp);
      case "cut":
        return this.#clients[act.client]!.cut();
      case "return":
        if (this.#node(act.node).isOpen && this.#clients[act.client]!.return(this.#node(act.node).port)) {
          this.#places[act.client] = act.node;
        }
        return;
      case "join":
        return void this.#socketOf(act.client, act.nsp)?.join(this.#rooms(act.rooms, act.nsp));
      case "leave":
        for (const room of this.#rooms(act.rooms, act.nsp)) void this.#socketOf(act.client, act.nsp)?.leave(room);
        return;
      case "data": {
        const socket = this.#socketOf(act.client, act.nsp);
        if (socket !== undefined) socket.data = real(act.value) as object;
        return;
      }
      case "answer":
        this.#clients[act.client]!.how = act.how;
        return;
      case "answer late":
        for (const client of this.#clients) client.answer();
        for (const node of this.#nodes) node.answer();
        return;
      case "emit":
        return void this.#to(act.from, act)?.emit("said", this.#tag(act), ...act.args.map(real));
      case "ask":
        return this.#ask(act);
      case "fetch":
        return this.#in(act, (operator) => this.#fetch(operator, this.#node(act.node)));
      case "all rooms":
      case "count":
        return this.#askAdapter(act);
      case "move":
        return this.#in(act, (operator) => operator[act.call](this.#rooms(act.rooms, act.nsp)));
      case "kick":
        return this.#in(act, (operator) => operator.disconnectSockets(act.close));
      case "remote":
        return this.#in(act, (operator) => this.#remote(operator, act));
      case "remote later":
        if (this.#found?.node.isOpen === true) this.#command(this.#found, act);
        return;
      case "tell servers":
        return this.#tell(act);
      case "servers answer":
        this.#node(act.node).how = act.how;
        return;
      case "emitter":
        return this.#emitFromOutside(act);
      case "close": {
        const node = this.#node(act.node);
        // Somebody is left.
        if (!node.isOpen || this.#nodes.filter(({ isOpen }) => isOpen).length === 1) return;
        const closed = node.close().catch((error: unknown) => this.#log.add("caller", `close: ${String(error)}`));
        await this.#network.settle();
        await Promise.race([closed, this.#network.settle()]);
        node.end();
        return;
      }
      case "start":
        if (!this.#node(act.node).isOpen) await this.#start(act.node % this.#nodes.length);
        return;
      case "time":
        return this.#network.pass(act.ms);
    }
  }

  #node(index: number): Node {
    return this.#nodes[index % this.#nodes.length]!;
  }

  #nodeOf(client: number): Node {
    return this.#node(this.#places[client]!);
  }

  #nodeIn(from: Source): Node {
    return "node" in from ? this.#node(from.node) : this.#nodeOf(from.client);
  }

  #socketOf(client: number, nsp: string): Socket | undefined {
    const socket = this.#sockets.get(`${client}${nsp}`);
    return socket?.connected === true && this.#nodeOf(client).isOpen ? socket : undefined;
  }

  #rooms(rooms: readonly Room[], nsp: string): string[] {
    return rooms.map((room) => {
      if (typeof room !== "object") return room as string;
      return this.#sockets.get(`${room.own}${nsp}`)?.id ?? `nobody ${room.own}`;
    });
  }

  /** Says who has sent it, and to whom: that is what order is promised for. */
  #tag({ from, target }: { readonly from: Source; readonly target: Target }): string {
    const node = this.#nodes.indexOf(this.#nodeIn(from));
    return `from ${node} to ${JSON.stringify([target.to, target.except])}`;
  }

  #to(from: Source, { nsp, target }: { readonly nsp: string; readonly target: Target }): Operator | undefined {
    if ("client" in from) {
      const socket = this.#socketOf(from.client, nsp);
      return socket && this.#operator(socket.broadcast, nsp, target);
    }
    const node = this.#node(from.node);
    const found = nsp === PARENTS ? node.parents : node.namespace(nsp);
    return node.isOpen && found !== undefined ? this.#operator(found, nsp, target) : undefined;
  }

  #operator(start: Start | Operator, nsp: string, { to, except, local, volatile, compress }: Target): Operator {
    let operator = start as Operator;
    for (const room of this.#rooms(to, nsp)) operator = operator.to(room);
    if (except.length > 0) operator = operator.except(this.#rooms(except, nsp));
    if (local === true) operator = operator.local;
    if (volatile === true) operator = operator.volatile;
    if (compress !== undefined) operator = operator.compress(compress);
    // Without any of these, the namespace is a start of its own.
    return operator;
  }

  #in(
    { node, nsp, target }: { readonly node: number; readonly nsp: string; readonly target: Target },
    act: (operator: Operator) => void,
  ): void {
    const operator = this.#to({ node }, { nsp, target });
    if (operator !== undefined) act(operator);
  }

  #ask({ from, nsp, target, args, timeout, answer }: Take<"ask">): void {
    // Upstream's waits for the others as well, and ends with an error (docs/differences.md).
    const { local: _local, ...rest } = target;
    const operator = this.#to(from, { nsp, target: rest })?.timeout(timeout);
    if (operator === undefined) return;
    const values = ["asked", this.#tag({ from, target }), ...args.map(real)] as const;
    const tell = this.#question("ask", this.#nodeIn(from));
    if (answer === "promise")
      tell.promised(operator.emitWithAck(...values), (answers) => this.#log.showSet(answers.map(asSent)));
    else operator.emit(...values, tell.answered);
  }

  #fetch(operator: Operator, node: Node): void {
    this.#question("fetch", node).promised(operator.fetchSockets(), (found) =>
      found
        .map((socket) => this.#showRemote(socket))
        .toSorted()
        .join(" | "),
    );
  }

  #showRemote({ id, rooms, data, handshake }: Remote): string {
    const { auth, query, address, secure, xdomain, url, headers } = handshake;
    return [
      this.#log.show(id),
      `[${this.#log.showSet(rooms)}]`,
      this.#log.show(data),
      // What else there is in it of a session is random.
      this.#log.show({
        who: auth["who"] as unknown,
        auth: Object.keys(auth),
        address,
        secure,
        xdomain,
        url: url.replace(/&t=.*/, ""),
      }),
      Object.keys(query).toSorted().join(),
      Object.keys(headers).toSorted().join(),
      Object.keys(handshake).toSorted().join(),
    ].join(" ");
  }

  #remote(operator: Operator, { node: index, ...what }: Take<"remote">): void {
    const node = this.#node(index);
    const byName = (one: Remote, other: Remote): number =>
      this.#log.nameOf(one.id) < this.#log.nameOf(other.id) ? -1 : 1;
    this.#question("remote", node).promised(operator.fetchSockets(), (found) => {
      this.#found = { remotes: found.toSorted(byName), node };
      this.#command(this.#found, what);
      return String(found.length);
    });
  }

  /** What may be done with a socket of another server. */
  #command({ remotes, node }: Found, { call, nsp, rooms }: Omit<Take<"remote later">, "do">): void {
    const names = this.#rooms(rooms, nsp);
    for (const remote of remotes) {
      // Of one of this server, ours tells at once that it has left.
      if (call === "ask" && "connected" in remote) continue;
      switch (call) {
        case "join":
          remote.join(names);
          break;
        case "leave":
          remote.leave(names[0]!);
          break;
        case "emit":
          remote.emit("said", "remotely", Buffer.from([1]));
          break;
        case "ask":
          this.#question(`ask ${this.#log.nameOf(remote.id)}`, node).promised(
            remote.timeout(100).emitWithAck("asked", "remotely"),
            (answer) => this.#log.show(asSent(answer)),
          );
          break;
        case "disconnect":
          remote.disconnect();
          break;
        case "close":
          remote.disconnect(true);
      }
    }
  }

  #askAdapter({ do: what, node, nsp }: Take<"all rooms" | "count">): void {
    const adapter = this.#node(node).isOpen ? this.#node(node).namespace(nsp)?.adapter : undefined;
    if (adapter === undefined) return;
    const { promised } = this.#question(what, this.#node(node));
    if (what === "count") return promised(Promise.resolve(adapter.serverCount()), String);
    promised((adapter as Adapter & { allRooms(): Promise<Set<unknown>> }).allRooms(), (rooms) =>
      this.#log.showSet(rooms),
    );
  }

  #tell({ node, nsp, args, answer }: Take<"tell servers">): void {
    const found = this.#node(node).isOpen ? this.#node(node).namespace(nsp) : undefined;
    if (found === undefined) return;
    const values = ["tell", `from ${node % this.#nodes.length}`, ...args.map(real)] as const;
    if (answer === "none") return void found.serverSideEmit(...values);
    const tell = this.#question("tell", this.#node(node));
    if (answer === "callback") return void found.serverSideEmit(...values, tell.answered);
    tell.promised(found.serverSideEmitWithAck(...values), (answers) => this.#log.showSet(answers.map(asSent)));
  }

  #emitFromOutside({ nsp, target, call, rooms, args }: Take<"emitter">): void {
    if (this.#emitter === undefined) return;
    const { local: _local, ...rest } = target;
    const start = this.#emitter.of(nsp);
    const operator = this.#operator(start, nsp, rest);
    switch (call) {
      case "emit":
        return void operator.emit(
          "said",
          `from outside to ${JSON.stringify([target.to, target.except])}`,
          ...args.map(real),
        );
      case "serverSideEmit":
        return void start.serverSideEmit("tell", "from outside", ...args.map(real));
      case "disconnectSockets":
        return operator.disconnectSockets();
      default:
        return operator[call](this.#rooms(rooms, nsp));
    }
  }

  /** How it is told what becomes of a question. When its server is closed, ours says so at once (docs/differences.md). */
  #question(what: string, node: Node): Telling {
    const observer = `${what} ${this.#questions++}`;
    const tell = (text: string): void => {
      if (node.isOpen) this.#log.add(observer, text);
    };
    return {
      answered: (error, answers) => tell(`${error?.message ?? ""} ${this.#log.showSet((answers ?? []).map(asSent))}`),
      promised: (promise, shown) => {
        promise.then(
          (value) => tell(shown(value)),
          (error: Error) => tell(`rejects: ${error.message}`),
        );
      },
    };
  }
}

interface Telling {
  readonly answered: (error: Error | null, answers?: readonly unknown[]) => void;
  readonly promised: <T>(promise: Promise<T>, shown: (value: T) => string) => void;
}
