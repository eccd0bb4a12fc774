import type { Offset, SocketId } from "socket.io-adapter";
import { compareOffsets } from "./offset.js";

/**
 * Sockets that had everything up to an offset when their session was restored: it was read from the stream, and has yet to be delivered
 * here. Broadcasts come by in the order of the stream, so who is caught up with is forgotten.
 */
export class Ahead {
  readonly #upTo = new Map<SocketId, Offset>();

  get size(): number {
    return this.#upTo.size;
  }

  add(id: SocketId, upTo: Offset): void {
    this.#upTo.set(id, upTo);
  }

  delete(id: SocketId): void {
    this.#upTo.delete(id);
  }

  /** Those who have had what lies at this offset. */
  whoHave(offset: Offset): SocketId[] {
    const ids: SocketId[] = [];
    for (const [id, upTo] of this.#upTo) {
      if (compareOffsets(offset, upTo) <= 0) ids.push(id);
      else this.#upTo.delete(id);
    }
    return ids;
  }
}
