import type { DefaultEventsMap, RemoteSocket } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { Maker } from "../../interop/implementations.ts";
import { real } from "../server/values.ts";
import { asSent, type Log } from "./log.ts";
import type { Node, Plant } from "./node.ts";
import { doerOf, type Act, type Changes, type Program, type Setting, type Source, type Target } from "./program.ts";
import { Questions } from "./questions.ts";
import { Stage, type Operator } from "./stage.ts";

type Remote = RemoteSocket<DefaultEventsMap, unknown>;
type Take<Name extends Act["do"]> = Extract<Act, { do: Name }>;

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

/** All that waits has come to its end after this: longer than any timeout. */
const FINALLY_MS = 5100;

/** Lets a cluster do what a program says, and notes what is seen. */
export class Player {
  readonly #stage: Stage;
  readonly #setting: Setting;
  readonly #log: Log;
  readonly #questions: Questions;
  /** Who does what is under way. */
  #group: readonly Doer[] | undefined;
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
    const stage = await Stage.build(makers, setting, log, plant);
    const player = new Player(stage, setting, log);
    try {
      log.begin();
      for (let index = 0; index < setting.nodes; index++) await stage.start(index);
      await stage.network.settle();
      await player.#play(steps);
      take();
      log.end();
    } finally {
      await stage.close();
    }
  }

  private constructor(stage: Stage, setting: Setting, log: Log) {
    this.#stage = stage;
    this.#setting = setting;
    this.#log = log;
    this.#questions = new Questions(log);
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
    await this.#stage.network.pass(FINALLY_MS);
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
    const { adapter } = this.#setting;
    if (doer?.changes === "sockets anywhere" && adapter !== "pub/sub") return undefined;
    return doer && { changes: doer.changes, who: doer.who === "outside" ? undefined : this.#stage.nodeIn(doer.who) };
  }

  async #settle(): Promise<void> {
    this.#group = undefined;
    await this.#stage.network.settle();
    this.#view();
  }

  #view(): void {
    for (const [index, node] of this.#stage.nodes.entries()) {
      const view = node.isOpen ? node.view() : "closed";
      if (view !== this.#views[index]) this.#log.add(`node ${index}, view`, view);
      this.#views[index] = view;
    }
  }

  async #do(act: Act): Promise<void> {
    switch (act.do) {
      case "connect": {
        const node = this.#stage.nodeOf(act.client);
        if (node.isOpen) this.#stage.clients[act.client]!.connect(node.port, act.nsp);
        return;
      }
      case "disconnect":
        return this.#stage.clients[act.client]!.disconnect(act.nsp);
      case "cut":
        return this.#stage.clients[act.client]!.cut();
      case "return":
        if (
          this.#stage.node(act.node).isOpen &&
          this.#stage.clients[act.client]!.return(this.#stage.node(act.node).port)
        ) {
          this.#stage.places[act.client] = act.node;
        }
        return;
      case "join":
        return void this.#stage.socketOf(act.client, act.nsp)?.join(this.#stage.rooms(act.rooms, act.nsp));
      case "leave":
        for (const room of this.#stage.rooms(act.rooms, act.nsp))
          void this.#stage.socketOf(act.client, act.nsp)?.leave(room);
        return;
      case "data": {
        const socket = this.#stage.socketOf(act.client, act.nsp);
        if (socket !== undefined) socket.data = real(act.value) as object;
        return;
      }
      case "answer":
        this.#stage.clients[act.client]!.answers.how = act.how;
        return;
      case "answer late":
        for (const { answers } of [...this.#stage.clients, ...this.#stage.nodes]) answers.giveLate();
        return;
      case "emit":
        return void this.#stage.to(act.from, act)?.emit("said", this.#tag(act), ...act.args.map(real));
      case "ask":
        return this.#ask(act);
      case "fetch":
        return this.#in(act, (operator) => this.#fetch(operator, this.#stage.node(act.node)));
      case "all rooms":
      case "count":
        return this.#askAdapter(act);
      case "move":
        return this.#in(act, (operator) => operator[act.call](this.#stage.rooms(act.rooms, act.nsp)));
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
        this.#stage.node(act.node).answers.how = act.how;
        return;
      case "emitter":
        return this.#emitFromOutside(act);
      case "close": {
        const node = this.#stage.node(act.node);
        // Somebody is left.
        if (!node.isOpen || this.#stage.nodes.filter(({ isOpen }) => isOpen).length === 1) return;
        const closed = node.close().catch((error: unknown) => this.#log.add("caller", `close: ${String(error)}`));
        await this.#stage.network.settle();
        await Promise.race([closed, this.#stage.network.settle()]);
        node.end();
        return;
      }
      case "start":
        if (!this.#stage.node(act.node).isOpen) await this.#stage.start(act.node % this.#stage.nodes.length);
        return;
      case "time":
        return this.#stage.network.pass(act.ms);
    }
  }

  /** Says who has sent it, and to whom: that is what order is promised for. */
  #tag({ from, target }: { readonly from: Source; readonly target: Target }): string {
    const node = this.#stage.nodes.indexOf(this.#stage.nodeIn(from));
    return `from ${node} to ${JSON.stringify([target.to, target.except])}`;
  }

  #in(
    { node, nsp, target }: { readonly node: number; readonly nsp: string; readonly target: Target },
    act: (operator: Operator) => void,
  ): void {
    const operator = this.#stage.to({ node }, { nsp, target });
    if (operator !== undefined) act(operator);
  }

  #ask({ from, nsp, target, args, timeout, answer }: Take<"ask">): void {
    // Upstream's waits for the others as well, and ends with an error (docs/differences.md).
    const { local: _local, ...rest } = target;
    const operator = this.#stage.to(from, { nsp, target: rest })?.timeout(timeout);
    if (operator === undefined) return;
    const values = ["asked", this.#tag({ from, target }), ...args.map(real)] as const;
    const tell = this.#questions.ask("ask", this.#stage.nodeIn(from));
    if (answer === "promise")
      tell.promised(operator.emitWithAck(...values), (answers) => this.#log.showSet(answers.map(asSent)));
    else operator.emit(...values, tell.answered);
  }

  #fetch(operator: Operator, node: Node): void {
    this.#questions.ask("fetch", node).promised(operator.fetchSockets(), (found) =>
      found
        .map((socket) => showRemote(socket, this.#log))
        .toSorted()
        .join(" | "),
    );
  }

  #remote(operator: Operator, { node: index, ...what }: Take<"remote">): void {
    const node = this.#stage.node(index);
    const byName = (one: Remote, other: Remote): number =>
      this.#log.nameOf(one.id) < this.#log.nameOf(other.id) ? -1 : 1;
    this.#questions.ask("remote", node).promised(operator.fetchSockets(), (found) => {
      this.#found = { remotes: found.toSorted(byName), node };
      this.#command(this.#found, what);
      return String(found.length);
    });
  }

  /** What may be done with a socket of another server. */
  #command({ remotes, node }: Found, { call, nsp, rooms }: Omit<Take<"remote later">, "do">): void {
    const names = this.#stage.rooms(rooms, nsp);
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
          this.#questions
            .ask(`ask ${this.#log.nameOf(remote.id)}`, node)
            .promised(remote.timeout(100).emitWithAck("asked", "remotely"), (answer) => this.#log.show(asSent(answer)));
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
    const adapter = this.#stage.node(node).isOpen ? this.#stage.node(node).namespace(nsp)?.adapter : undefined;
    if (adapter === undefined) return;
    const { promised } = this.#questions.ask(what, this.#stage.node(node));
    if (what === "count") return promised(Promise.resolve(adapter.serverCount()), String);
    promised((adapter as Adapter & { allRooms(): Promise<Set<unknown>> }).allRooms(), (rooms) =>
      this.#log.showSet(rooms),
    );
  }

  #tell({ node, nsp, args, answer }: Take<"tell servers">): void {
    const found = this.#stage.node(node).isOpen ? this.#stage.node(node).namespace(nsp) : undefined;
    if (found === undefined) return;
    const values = ["tell", `from ${node % this.#stage.nodes.length}`, ...args.map(real)] as const;
    if (answer === "none") return void found.serverSideEmit(...values);
    const tell = this.#questions.ask("tell", this.#stage.node(node));
    if (answer === "callback") return void found.serverSideEmit(...values, tell.answered);
    tell.promised(found.serverSideEmitWithAck(...values), (answers) => this.#log.showSet(answers.map(asSent)));
  }

  #emitFromOutside({ nsp, target, call, rooms, args }: Take<"emitter">): void {
    if (this.#stage.emitter === undefined) return;
    const { local: _local, ...rest } = target;
    const start = this.#stage.emitter.of(nsp);
    const operator = this.#stage.operator(start, nsp, rest);
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
        return operator[call](this.#stage.rooms(rooms, nsp));
    }
  }
}

/** All that is known of a socket of another server. */
function showRemote({ id, rooms, data, handshake }: Remote, log: Log): string {
  const { auth, query, address, secure, xdomain, url, headers } = handshake;
  return [
    log.show(id),
    `[${log.showSet(rooms)}]`,
    log.show(data),
    // What else there is in it of a session is random.
    log.show({
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
