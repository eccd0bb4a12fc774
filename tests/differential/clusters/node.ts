import { createServer, type Server as HttpServer } from "node:http";
import type { Namespace, Server, Socket } from "socket.io";
import type { Maker } from "../../interop/implementations.ts";
import { listen } from "../../support/listening.ts";
import { Answers } from "./answers.ts";
import type { Bus } from "./bus.ts";
import { asSent, withoutOffset, type Log } from "./log.ts";
import { connectRedis, partsOf, type Redis } from "./makers.ts";
import type { Setting } from "./program.ts";

/** Where the dynamic namespaces are. */
const DYNAMIC = /^\/d-\d$/;

/** Namespaces of all nodes, and those that only the first one has. */
const EVERYWHERE = ["/", "/a", "/a#b"];
const ON_ONE = "/one";

/** What tests may do to a server before it has clients. */
export type Plant = (io: Server) => void;

/** What a cluster is connected by. */
export interface Wires {
  readonly setting: Setting;
  readonly redisPort: number;
  readonly bus: Bus;
}

/** A server of a cluster, and what its application sees. */
export class Node {
  readonly io: Server;
  readonly parents: Namespace;
  readonly #http: HttpServer;
  readonly #index: number;
  readonly #log: Log;
  readonly #isBusy: boolean;
  readonly #cleans: boolean;
  readonly #redis: readonly Redis[];
  /** What others get that ask this server. */
  readonly answers: Answers;
  isOpen = true;

  static async start(maker: Maker, index: number, wires: Wires, log: Log, plant: Plant): Promise<Node> {
    const http = createServer();
    const node = new Node(maker, index, wires, log, http, plant);
    await listen(http);
    return node;
  }

  private constructor(maker: Maker, index: number, wires: Wires, log: Log, http: HttpServer, plant: Plant) {
    this.#http = http;
    this.#index = index;
    this.answers = new Answers(index);
    this.#log = log;
    this.#isBusy = wires.setting.busy;
    this.#cleans = wires.setting.cleans;
    const parts = partsOf(maker);
    const { setting, redisPort, bus } = wires;
    if (setting.adapter === "bases") this.#redis = [];
    else this.#redis = [connectRedis(redisPort), connectRedis(redisPort)];
    const [pub, sub] = this.#redis as [Redis, Redis];
    const adapter =
      setting.adapter === "bases"
        ? bus.adapter(parts)
        : parts.create[setting.adapter]({ pub, sub }, optionsOf(setting));
    this.io = new parts.Server(http, {
      transports: ["websocket"],
      serveClient: false,
      pingInterval: 1e9,
      adapter,
      cleanupEmptyChildNamespaces: setting.cleans,
      ...(setting.recovers && { connectionStateRecovery: { maxDisconnectionDuration: 1e6 } }),
    } as object);
    plant(this.io);
    for (const name of EVERYWHERE) this.#attend(this.io.of(name));
    if (index === 0) this.#attend(this.io.of(ON_ONE));
    this.parents = this.io.of(DYNAMIC);
    this.#attend(this.parents);
    this.io.on("new_namespace", (nsp) => this.#watch(nsp));
  }

  get port(): number {
    return (this.#http.address() as { port: number }).port;
  }

  namespace(name: string): Namespace | undefined {
    return this.io._nsps.get(name);
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.io.close();
  }

  end(): void {
    for (const client of this.#redis) client.disconnect();
    this.#http.close();
  }

  /** All that can be seen of a namespace from outside. */
  view(): string {
    const { show, showSet } = this.#shown();
    return [...this.io._nsps.values()]
      .map(({ name, sockets, adapter }) => {
        const rooms = [...adapter.rooms].map(([room, ids]) => `${show(room)}: ${showSet(ids)}`).toSorted();
        return `${name} [${showSet(sockets.keys())}] {${rooms.join("; ")}}`;
      })
      .toSorted()
      .join("\n      ");
  }

  #shown(): { show: (value: unknown) => string; showSet: (values: Iterable<unknown>) => string } {
    return { show: (value) => this.#log.show(value), showSet: (values) => this.#log.showSet(values) };
  }

  #attend(nsp: Namespace): void {
    if (nsp !== this.parents) this.#watch(nsp);
    nsp.on("connection", (socket) => this.#enter(socket));
    nsp.on("tell", (...args: unknown[]) => this.#told(nsp, args));
  }

  #watch(nsp: Namespace): void {
    const { adapter, name } = nsp;
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(event, (room: unknown, id: unknown) => {
        // In what order several sockets are served is no matter of this tester.
        const whose = id === undefined ? `room ${this.#log.show(room)}` : this.#log.show(id);
        this.#see(`adapter of ${name}, ${whose}`, `${event} ${this.#log.show(room)}`);
      });
    }
    if (DYNAMIC.test(name)) nsp.on("tell", (...args: unknown[]) => this.#told(nsp, args));
  }

  #enter(socket: Socket): void {
    const name = this.#log.nameOf(socket.id);
    if (socket.recovered) this.#see(`socket ${name}`, `is back with ${this.#log.show(socket.data)}`);
    socket.on("disconnect", (reason) => this.#see(`socket ${name}`, `disconnects: ${reason}`));
    socket.onAny((...event: unknown[]) => this.#see(`socket ${name}`, this.#log.show(event)));
    socket.onAnyOutgoing((...event: unknown[]) => {
      this.#see(`socket ${name} sends, ${String(event[1])}`, this.#log.show(event.map(withoutOffset).map(asSent)));
    });
    if (this.#isBusy) this.#greet(socket);
  }

  #greet(socket: Socket): void {
    void socket.join("hall");
    socket.nsp.to("hall").emit("said", `from ${this.#index}, a welcome`);
    // Namespaces that go with their last client hear it or not.
    if (this.#cleans) return;
    socket.on("disconnecting", () => {
      // To servers: whether sockets that leave together hear of each other is no matter of this tester.
      socket.nsp.serverSideEmit("tell", `from ${this.#index}, a farewell`, this.#log.nameOf(socket.id));
    });
  }

  #told(nsp: Namespace, args: unknown[]): void {
    const ack = typeof args.at(-1) === "function" ? (args.pop() as (...args: unknown[]) => void) : undefined;
    this.#see(
      `servers of ${nsp.name}, ${String(args[0])}`,
      `tell ${this.#log.show(args.map(asSent))} ${ack === undefined ? "" : "asks"}`,
    );
    // Not of farewells: others may leave at the same time.
    if (this.#isBusy && args.length < 2) nsp.emit("said", `from ${this.#index}, who was told`);
    if (ack === undefined) return;
    this.answers.give(ack);
  }

  #see(observer: string, what: string): void {
    this.#log.add(`node ${this.#index}, ${observer}`, what);
  }
}

/** Options of adapters and emitters, with what cannot stand in a program. */
export function optionsOf({ options }: Setting): object {
  return { ...options, ...(options["parser"] === "JSON" && { parser: JSON_PARSER }) };
}

const JSON_PARSER = {
  encode: (value: unknown) => JSON.stringify(value),
  decode: (payload: Buffer) => JSON.parse(payload.toString()) as unknown,
};
