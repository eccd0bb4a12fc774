import { io, type Socket } from "socket.io-client";
import { RedisServer } from "../../support/redis.ts";
import type { FaultName } from "./faulty-adapters.ts";
import { History, type Fault, type SocketLife } from "./history.ts";
import { startChild, startLocal, type Member } from "./member.ts";
import type { AdapterName, Notice } from "./node.ts";

/** How long anything may take that is to happen, in ms. */
const PATIENCE_MS = 20_000;

/** After this long a fence is said again, in ms: it may have been lost with the connection. */
const AGAIN_MS = 50;

/** A socket and its client. */
export interface Peer {
  readonly life: SocketLife;
  readonly client: Socket;
  /** The last fence heard of each node. */
  readonly fences: Map<string, number>;
}

/** Nodes, clients and Redis of one run; writes down what happens. */
export class Stage {
  readonly history: History;
  readonly members: Member[] = [];
  readonly peers: Peer[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #reasons = new Map<string, Set<unknown>>();
  readonly #emitted = new Map<string, number>();
  #fence = 0;
  #named = 0;

  private constructor(
    readonly redis: RedisServer,
    private readonly adapter: AdapterName,
    private readonly fault: FaultName | undefined,
  ) {
    this.history = new History(adapter === "streams");
  }

  /** @param kinds one node for each */
  static async start(
    kinds: readonly ("local" | "child")[],
    adapter: AdapterName,
    fault: FaultName | undefined,
  ): Promise<Stage> {
    const stage = new Stage(await RedisServer.start(), adapter, fault);
    await Promise.all(kinds.map((kind) => stage.addNode(kind)));
    await stage.counted();
    return stage;
  }

  async addNode(kind: "local" | "child"): Promise<void> {
    const name = `n${this.#named++}`;
    const start = kind === "local" ? startLocal : startChild;
    this.#reasons.set(name, new Set());
    const options = { redisPort: this.redis.port, adapter: this.adapter, fault: this.fault };
    this.members.push(await start(name, options, (event, about) => this.#onNotice(name, event, about)));
  }

  async connect({ name, port }: Member): Promise<void> {
    const { history } = this;
    const client = io(`http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
    });
    const fences = new Map<string, number>();
    let id = "";
    client.on("said", (from: string, number: number) => {
      history.deliveries.push({ socket: id, from, number, at: history.now() });
    });
    client.on("fence", (from: string, number: number) => {
      fences.set(from, number);
      this.#changed();
    });
    client.on("who", (answer: (id: string) => void) => answer(id));
    await new Promise<void>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("connect_error", reject);
    });
    id = client.id!;
    const life = { id, node: name, connected: history.now(), gone: { invoked: Infinity, completed: Infinity } };
    history.sockets.set(id, life);
    this.peers.push({ life, client, fences });
  }

  disconnect(peer: Peer): void {
    peer.life.gone.invoked = this.history.now();
    peer.client.close();
    this.peers.splice(this.peers.indexOf(peer), 1);
  }

  emit(member: Member, room: string | undefined): void {
    const number = this.#emitted.get(member.name) ?? 0;
    this.#emitted.set(member.name, number + 1);
    const emit = { from: member.name, number, room, ...this.history.begin() };
    this.history.emits.push(emit);
    const args = [member.name, number];
    void member.perform({ do: "emit", event: "said", args, room }).then(
      () => (emit.completed = this.history.now()),
      () => {},
    );
  }

  /** Resolves when everybody has heard of every node what is said now. Only while all of them hear each other. */
  async fence(): Promise<number> {
    const span = this.history.begin();
    const number = ++this.#fence;
    const say = (): void => {
      for (const { name, perform } of this.members) {
        void perform({ do: "emit", event: "fence", args: [name, number], room: undefined }).catch(() => {});
      }
    };
    say();
    const again = setInterval(say, AGAIN_MS);
    const everywhere = (): boolean =>
      this.peers.every(({ fences }) => this.members.every(({ name }) => (fences.get(name) ?? 0) >= number));
    try {
      await this.until(everywhere, "all hear a fence");
    } finally {
      clearInterval(again);
    }
    span.completed = this.history.now();
    this.history.fences.push(span);
    return span.completed;
  }

  /** Cuts a node off from Redis. Resolves when it knows. */
  async cut(member: Member, meanwhile: () => void): Promise<Fault> {
    const { name, proxy } = member;
    const fault: Fault = { kind: "cut", node: name, from: this.history.now(), noticed: Infinity, to: Infinity };
    this.history.faults.push(fault);
    proxy.refuse();
    meanwhile();
    const reasons = this.#reasons.get(name)!;
    await this.until(
      () => reasons.has("publisher disconnected") && reasons.has("subscriber disconnected"),
      `${name} knows that it is cut off`,
    );
    fault.noticed = this.history.now();
    return fault;
  }

  /** The nodes that were cut off come back. */
  async heal(faults: readonly Fault[]): Promise<void> {
    const back = this.members.filter(({ name }) => faults.some(({ node }) => node === name));
    for (const { proxy } of back) proxy.forward();
    await this.until(() => back.every(({ name }) => this.#reasons.get(name)!.size === 0), "they have Redis again");
    const at = await this.fence();
    for (const fault of faults) fault.to = at;
  }

  /** Ends a node by SIGKILL, and its clients with it. Resolves when the others know. */
  async kill(member: Member): Promise<void> {
    const { history } = this;
    const now = history.now();
    history.faults.push({ kind: "kill", node: member.name, from: now, noticed: now, to: Infinity });
    const dead = this.peers.filter(({ life }) => life.node === member.name);
    for (const { life } of dead) life.gone.invoked = now;
    this.members.splice(this.members.indexOf(member), 1);
    await member.kill!();
    for (const peer of dead) {
      peer.client.close();
      this.peers.splice(this.peers.indexOf(peer), 1);
    }
    member.proxy.close();
    await this.counted();
    for (const { life } of dead) life.gone.completed = history.now();
  }

  /** Resolves when each node counts all that there are. */
  async counted(): Promise<void> {
    for (const { perform } of this.members) {
      while ((await perform({ do: "count" })) !== this.members.length)
        await new Promise((resolve) => setImmediate(resolve));
    }
  }

  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(late);
        this.#watchers.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => {
        if (isSo()) settle();
      };
      const patience = this.fault === undefined ? PATIENCE_MS : PATIENCE_MS / 10;
      const late = setTimeout(() => settle(new Error(`not so in time: ${what}`)), patience);
      this.#watchers.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    for (const { client } of this.peers) client.close();
    for (const { proxy } of this.members) proxy.forward();
    await Promise.all(this.members.map(({ perform }) => perform({ do: "stop" })));
    for (const { proxy } of this.members) proxy.close();
    await this.redis.stop();
  }

  #onNotice(node: string, event: Parameters<Notice>[0], about: unknown): void {
    const reasons = this.#reasons.get(node)!;
    if (event === "degraded") reasons.add(about);
    else if (event === "restored") reasons.clear();
    else {
      const life = this.history.sockets.get(about as string);
      if (life !== undefined) life.gone.completed = this.history.now();
    }
    this.#changed();
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }
}
