import type { ServerId } from "./messages.js";

/** The other servers of the cluster, by when they were last heard. Knows no clock. */
export class Members {
  readonly #lastHeard = new Map<ServerId, number>();

  get size(): number {
    return this.#lastHeard.size;
  }

  get ids(): Iterable<ServerId> {
    return this.#lastHeard.keys();
  }

  /** @param now in ms */
  heard(server: ServerId, now: number): void {
    this.#lastHeard.set(server, now);
  }

  /** Whether it was known. */
  leave(server: ServerId): boolean {
    return this.#lastHeard.delete(server);
  }

  /** Removes those that have been silent for longer than `timeoutMs`, and says who they were. */
  expire(now: number, timeoutMs: number): ServerId[] {
    const silent: ServerId[] = [];
    for (const [server, lastHeard] of this.#lastHeard) {
      if (now - lastHeard <= timeoutMs) continue;
      this.#lastHeard.delete(server);
      silent.push(server);
    }
    return silent;
  }

  clear(): void {
    this.#lastHeard.clear();
  }
}
