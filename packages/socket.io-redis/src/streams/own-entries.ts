import type { Offset } from "socket.io-adapter";

/** A broadcast of this server that is on its way through the stream. */
interface OwnEntry {
  /** As it was written. */
  readonly data: string;
  readonly arrived: (offset: Offset) => void;
}

/**
 * What this server has broadcast, until it is read back. Its own sockets get it only then: clients tell the last offset that they
 * have heard when they come back, so what others have written before it must not be delivered after it.
 */
export class OwnEntries {
  readonly #entries: OwnEntry[] = [];

  /**
   * Resolves with the offset once the entry is read back.
   *
   * @param written rejects if it never will be
   */
  add(data: string, written: Promise<unknown>): Promise<Offset> {
    return new Promise((resolve, reject) => {
      const entry = { data, arrived: resolve };
      this.#entries.push(entry);
      written.catch((error: Error) => {
        const at = this.#entries.indexOf(entry);
        if (at !== -1) this.#entries.splice(at, 1);
        reject(error);
      });
    });
  }

  /** An entry of ours was read. @returns whether somebody waited for it */
  onRead(data: string | undefined, offset: Offset): boolean {
    const at = this.#entries.findIndex((entry) => entry.data === data);
    // Those before it should have come before it. They are not in the stream any more, and nothing may wait for them.
    for (const entry of this.#entries.splice(0, at + 1)) entry.arrived(offset);
    return at !== -1;
  }
}
