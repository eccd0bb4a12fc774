import debugModule from "debug";
import { isDeepStrictEqual } from "node:util";
import type { Packet } from "socket.io-parser";
import type { Client } from "./client.js";
import type { AnyNamespace } from "./namespace.js";
import type { AnySocket } from "./socket.js";

const debug = debugModule("socket.io:client");

type Credentials = Record<string, unknown> | undefined;

/** One namespace that was asked for. */
interface JoinRequest {
  readonly auth: Credentials;
  /** The client has asked again, with other credentials: they are the ones that count. */
  again: { readonly auth: Credentials } | undefined;
  /** Set once there is a socket, in its middlewares. */
  socket: AnySocket | undefined;
  /** Packets that came after the last middleware agreed and before `connection`; see {@link Joining.hold}. */
  held: Packet[] | undefined;
}

/** The namespaces that one connection has asked for and has not joined yet. */
export class Joining {
  readonly #client: Client;
  readonly #requests = new Map<string, JoinRequest>();
  /** Namespaces that exist because this client asked for them. */
  #children: AnyNamespace[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  /** Nothing is asked for, and nothing has to be remembered. */
  get isDone(): boolean {
    return this.#requests.size === 0 && this.#children.length === 0;
  }

  /** Sockets in their middlewares, by the names of their namespaces; in its `connection` listeners a socket is still among them. */
  *sockets(): Iterable<[string, AnySocket]> {
    for (const [name, { socket }] of this.#requests) if (socket !== undefined) yield [name, socket];
  }

  /**
   * CONNECT: finds or makes the namespace and asks it to let the client in. A client may ask again before it is answered, if its
   * application connects twice, or leaves and comes back as somebody else: the last credentials count. One request at a time is
   * with the middlewares, however often it asks, and it is answered once.
   *
   * @param joined how many namespaces the connection has joined
   */
  ask(name: string, auth: Credentials, joined: number): void {
    const asked = this.#requests.get(name);
    if (asked !== undefined) {
      asked.again = isDeepStrictEqual(asked.auth, auth) ? undefined : { auth };
      return;
    }
    const { server, id } = this.#client;
    if (joined + this.#requests.size >= server._limits.maxNamespacesPerConnection) {
      this.#client._count("maxNamespacesPerConnection");
      return this.#client._refuse(name, new Error("Too many namespaces"));
    }
    debug("%s asks for namespace %s", id, name);
    this.#requests.set(name, { auth, again: undefined, socket: undefined, held: undefined });
    const existing = server._nsps.get(name);
    if (existing !== undefined) this.#enter(existing, auth);
    else this.#askForChild(name, auth ?? {});
  }

  /**
   * From now on packets for this namespace are kept, until {@link release}. The middlewares have agreed, but the
   * events `connect` and `connection` come a tick later; packets that share a payload with CONNECT come before that.
   * So the time, and with it the number of packets, is that of one read.
   */
  hold(name: string): void {
    const request = this.#requests.get(name);
    if (request !== undefined) request.held = [];
  }

  /** False if packets for this namespace are not kept. */
  keep(packet: Packet): boolean {
    const held = this.#requests.get(packet.nsp)?.held;
    held?.push(packet);
    return held !== undefined;
  }

  /** The namespace is refused, whatever has been found out so far. */
  abandon(name: string): void {
    const socket = this.#requests.get(name)?.socket;
    this.#requests.delete(name);
    socket?._cleanup();
  }

  /** The namespace is joined: hands over what was held. */
  release(name: string): readonly Packet[] {
    const held = this.#requests.get(name)?.held;
    this.#requests.delete(name);
    return held ?? [];
  }

  /**
   * Before a request is answered: whether the client has asked again meanwhile. Then what has been found out counts for
   * nothing, and begins anew.
   */
  startsOver(name: string): boolean {
    const again = this.#requests.get(name)?.again;
    if (again === undefined) return false;
    debug("%s has asked again for namespace %s", this.#client.id, name);
    this.abandon(name);
    this.#client._connect(name, again.auth);
    return true;
  }

  /** @param given the same for the function that decides on the namespace and for the socket */
  #askForChild(name: string, given: Record<string, unknown>): void {
    const { server } = this.#client;
    if (this.#countChildren() >= server._limits.maxCreatedNamespacesPerConnection) {
      this.#client._count("maxCreatedNamespacesPerConnection");
      return this.#client._refuse(name, new Error("Too many namespaces"));
    }
    server._checkNamespace(name, given, (create) => {
      if (!this.#client._isOpen || this.startsOver(name)) return;
      if (create === undefined) return this.#client._refuse(name, new Error("Invalid namespace"));
      const nsp = create();
      this.#children.push(nsp);
      this.#enter(nsp, given);
    });
  }

  #enter(nsp: AnyNamespace, auth: Credentials): void {
    const request = this.#requests.get(nsp.name);
    nsp._add(this.#client, auth, (socket) => {
      if (request !== undefined) request.socket = socket;
    });
  }

  #countChildren(): number {
    const { _limits: limits, _nsps: namespaces } = this.#client.server;
    if (this.#children.length < limits.maxCreatedNamespacesPerConnection) return this.#children.length;
    // Those that have been cleaned up since do not count.
    this.#children = this.#children.filter((nsp) => namespaces.get(nsp.name) === nsp);
    return this.#children.length;
  }
}
