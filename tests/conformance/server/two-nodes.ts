import type { Adapter, BroadcastOptions, Room } from "socket.io-adapter";
import type { Namespace, Socket } from "socket.io";
import type { Cell } from "./makers.ts";

type Packet = Parameters<Adapter["broadcast"]>[0];

/** Adapters of several servers in this process that know each other, and reach the sockets of the others a turn later. */
export function cluster(cell: Cell): new (nsp: Namespace) => Adapter {
  const nodes = new Set<Node>();

  class Node extends cell.adapter.Adapter {
    constructor(nsp: Namespace) {
      super(nsp);
      nodes.add(this);
    }

    #others(options: BroadcastOptions, act: (node: Node) => void): void {
      if (options.flags?.local === true) return;
      for (const node of nodes) if (node !== this) setImmediate(act, node);
    }

    override serverCount(): Promise<number> {
      return Promise.resolve(nodes.size);
    }

    override broadcast(packet: Packet, options: BroadcastOptions): void {
      this.#others(options, (node) => node.broadcastHere({ ...packet }, options));
      super.broadcast(packet, options);
    }

    override broadcastWithAck(
      packet: Packet,
      options: BroadcastOptions,
      count: (clients: number) => void,
      answer: (...args: unknown[]) => void,
    ): void {
      this.#others(options, (node) => node.askHere({ ...packet }, options, count, answer));
      super.broadcastWithAck(packet, options, count, answer);
    }

    override async fetchSockets(options: BroadcastOptions): Promise<unknown[]> {
      const found: unknown[] = await super.fetchSockets(options);
      if (options.flags?.local === true) return found;
      const details = [...nodes].filter((node) => node !== this).map((node) => node.detailsOf(options));
      return [...found, ...(await Promise.all(details)).flat()];
    }

    override addSockets(options: BroadcastOptions, rooms: Room[]): void {
      this.#others(options, (node) => node.addHere(options, rooms));
      super.addSockets(options, rooms);
    }

    override delSockets(options: BroadcastOptions, rooms: Room[]): void {
      this.#others(options, (node) => node.delHere(options, rooms));
      super.delSockets(options, rooms);
    }

    override disconnectSockets(options: BroadcastOptions, close: boolean): void {
      this.#others(options, (node) => node.disconnectHere(options, close));
      super.disconnectSockets(options, close);
    }

    broadcastHere(packet: Packet, options: BroadcastOptions): void {
      super.broadcast(packet, options);
    }

    askHere(...args: Parameters<Adapter["broadcastWithAck"]>): void {
      super.broadcastWithAck(...args);
    }

    addHere(options: BroadcastOptions, rooms: Room[]): void {
      super.addSockets(options, rooms);
    }

    delHere(options: BroadcastOptions, rooms: Room[]): void {
      super.delSockets(options, rooms);
    }

    disconnectHere(options: BroadcastOptions, close: boolean): void {
      super.disconnectSockets(options, close);
    }

    /** As they would travel from one process to another. */
    async detailsOf(options: BroadcastOptions): Promise<object[]> {
      const sockets = (await super.fetchSockets(options)) as Socket[];
      return sockets.map(({ id, handshake, rooms, data }) =>
        structuredClone({ id, handshake: { ...handshake }, rooms: [...rooms], data: data as unknown }),
      );
    }
  }

  return Node;
}
