import type { AnySocket } from "./socket.js";

/** The sockets of one connection by their namespaces, in the order of joining. Mostly there is one, and a Map for it would take 180 bytes. */
export class JoinedSockets {
  #first: AnySocket | undefined;
  #others: Map<string, AnySocket> | undefined;

  get size(): number {
    return this.#first === undefined ? 0 : 1 + (this.#others?.size ?? 0);
  }

  /** Hot path: asked for every packet. */
  get(namespace: string): AnySocket | undefined {
    const first = this.#first;
    return first?.nsp.name === namespace ? first : this.#others?.get(namespace);
  }

  has(namespace: string): boolean {
    return this.get(namespace) !== undefined;
  }

  /** Only if there is none of its namespace. */
  add(socket: AnySocket): void {
    if (this.#first === undefined) this.#first = socket;
    else (this.#others ??= new Map()).set(socket.nsp.name, socket);
  }

  /** True if it was there. */
  delete(socket: AnySocket): boolean {
    if (this.#first !== socket) {
      return this.#others?.get(socket.nsp.name) === socket && this.#others.delete(socket.nsp.name);
    }
    const [next] = this.#others?.values() ?? [];
    this.#first = next;
    if (next !== undefined) this.#others!.delete(next.nsp.name);
    return true;
  }

  clear(): void {
    this.#first = undefined;
    this.#others = undefined;
  }

  /** Those of now, whoever joins or leaves meanwhile. */
  all(): readonly AnySocket[] {
    return this.#first === undefined ? [] : [this.#first, ...(this.#others?.values() ?? [])];
  }
}
