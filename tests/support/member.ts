/* oxlint-disable typescript/no-explicit-any -- servers and clients of many makes and generations have no type in common */

/** A namespace, or the server for its main one. */
interface Joinable {
  once(event: "connection", listener: (socket: any) => void): unknown;
}

/** A client, its half on the server, and what it has heard. */
export class Member {
  readonly heard: unknown[][] = [];
  readonly #watchers = new Set<() => void>();

  /** @param connect makes a client of this namespace; resolves once both ends know that it has joined */
  static async join(nsp: Joinable, connect: () => any): Promise<Member> {
    const joined = new Promise<unknown>((resolve) => void nsp.once("connection", resolve));
    const client = connect();
    const member = new Member(client, await joined);
    if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
    return member;
  }

  private constructor(
    readonly client: any,
    readonly socket: any,
  ) {
    const hear = (event: unknown[]): void => {
      this.heard.push(event);
      for (const watch of this.#watchers) watch();
    };
    if (typeof client.onAny === "function") client.onAny((...event: unknown[]) => hear(event));
    else {
      // Clients of 2.x have no such thing.
      const onevent = client.onevent as (packet: { data: unknown[] }) => void;
      client.onevent = function (packet: { data: unknown[] }) {
        hear(packet.data);
        onevent.call(this, packet);
      };
    }
  }

  get id(): string {
    return this.socket.id as string;
  }

  /** The arguments of the first event of this name, once it has arrived. */
  hears(name: string): Promise<unknown[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.heard.find(([heard]) => heard === name);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found.slice(1));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The names of what has arrived so far. */
  get names(): unknown[] {
    return this.heard.map(([name]) => name);
  }

  /** Those that begin so. */
  named(start: string): unknown[] {
    return this.names.filter((name) => String(name).startsWith(start));
  }
}
