import type { BroadcastOperator, DefaultEventsMap, Namespace, Socket } from "socket.io";
import type { Maker } from "../../interop/implementations.ts";
import { Network } from "../network.ts";
import { Broker } from "./broker.ts";
import { Bus } from "./bus.ts";
import { Client } from "./clients.ts";
import { CLIENTS, PARENTS } from "./draw.ts";
import type { Log } from "./log.ts";
import { connectRedis, partsOf, type Emitter, type Redis } from "./makers.ts";
import { Node, optionsOf, type Plant, type Wires } from "./node.ts";
import type { Room, Setting, Source, Target } from "./program.ts";

export type Operator = BroadcastOperator<DefaultEventsMap, unknown>;
/** What has `to`, `except` and flags. */
type Start = Namespace | Socket | Emitter;

/** Who takes part in a program: servers, what connects them, their clients, and who emits from outside. They are found by how programs name them. */
export class Stage {
  readonly network: Network;
  readonly nodes: Node[] = [];
  readonly clients: readonly Client[];
  readonly emitter: Emitter | undefined;
  /** To which nodes clients connect. */
  readonly places: number[] = Array.from({ length: CLIENTS }, (_, client) => client);
  readonly #makers: readonly Maker[];
  readonly #log: Log;
  readonly #wires: Wires;
  readonly #broker: Broker;
  readonly #plant: Plant;
  readonly #emitterRedis: Redis | undefined;
  /** Sockets on the servers, by client and namespace. */
  readonly #sockets = new Map<string, Socket>();
  readonly #joined = new Map<string, number>();

  /** Without servers: they are to be started. */
  static async build(makers: readonly Maker[], setting: Setting, log: Log, plant: Plant): Promise<Stage> {
    const network = new Network(log);
    const { broker, port } = await Broker.start();
    return new Stage(makers, { setting, redisPort: port, bus: new Bus() }, log, network, broker, plant);
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
    this.network = network;
    this.#broker = broker;
    this.#plant = plant;
    this.clients = Array.from({ length: CLIENTS }, (_, index) => new Client(index, log));
    if (setting.adapter === "pub/sub") {
      this.#emitterRedis = connectRedis(redisPort);
      this.emitter = partsOf(this.#makers[0]!).emitter(this.#emitterRedis, optionsOf(setting));
    }
  }

  /** Starts the server of that number, again if it was closed. */
  async start(index: number): Promise<void> {
    const node = await Node.start(
      this.#makers[index % this.#makers.length]!,
      index,
      this.#wires,
      this.#log,
      this.#plant,
    );
    this.nodes[index] = node;
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

  /** Numbers of nodes go round. */
  node(index: number): Node {
    return this.nodes[index % this.nodes.length]!;
  }

  /** That to which a client connects. */
  nodeOf(client: number): Node {
    return this.node(this.places[client]!);
  }

  nodeIn(from: Source): Node {
    return "node" in from ? this.node(from.node) : this.nodeOf(from.client);
  }

  /** The socket that a client has on its server; undefined if it is not there now. */
  socketOf(client: number, nsp: string): Socket | undefined {
    const socket = this.#sockets.get(`${client}${nsp}`);
    return socket?.connected === true && this.nodeOf(client).isOpen ? socket : undefined;
  }

  rooms(rooms: readonly Room[], nsp: string): string[] {
    return rooms.map((room) => {
      if (typeof room !== "object") return room as string;
      return this.#sockets.get(`${room.own}${nsp}`)?.id ?? `nobody ${room.own}`;
    });
  }

  /** What a chain of calls gives; undefined if there is nobody to begin it with. */
  to(from: Source, { nsp, target }: { readonly nsp: string; readonly target: Target }): Operator | undefined {
    if ("client" in from) {
      const socket = this.socketOf(from.client, nsp);
      return socket && this.operator(socket.broadcast, nsp, target);
    }
    const node = this.node(from.node);
    const found = nsp === PARENTS ? node.parents : node.namespace(nsp);
    return node.isOpen && found !== undefined ? this.operator(found, nsp, target) : undefined;
  }

  /** The same, begun with this. */
  operator(start: Start | Operator, nsp: string, { to, except, local, volatile, compress }: Target): Operator {
    let operator = start as Operator;
    for (const room of this.rooms(to, nsp)) operator = operator.to(room);
    if (except.length > 0) operator = operator.except(this.rooms(except, nsp));
    if (local === true) operator = operator.local;
    if (volatile === true) operator = operator.volatile;
    if (compress !== undefined) operator = operator.compress(compress);
    // Without any of these, the namespace is a start of its own.
    return operator;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    const closed = this.nodes.filter(({ isOpen }) => isOpen).map((node) => node.close());
    await this.network.settle();
    await Promise.race([Promise.allSettled(closed), this.network.settle()]);
    for (const node of this.nodes) node.end();
    this.#emitterRedis?.disconnect();
    await this.network.settle();
    this.#broker.close();
    await this.network.close();
  }
}
