import type { Deadline, Deadlines } from "./deadlines.js";

/** What a user gave to be called with the answer. */
// `any`: the peer decides about the arguments.
export type AckFunction = (...args: any[]) => void; // oxlint-disable-line typescript/no-explicit-any

export interface ExpectOptions {
  /** When to stop waiting, in ms on the clock of the owner of the {@link Deadlines}. */
  deadline?: number;
  /** Called instead of the acknowledgement function once `deadline` has passed. */
  onTimeout?: () => void;
  /** Called instead of the acknowledgement function when the connection ends before. */
  onDisconnect?: () => void;
}

interface Waiting {
  readonly deadline: Deadline | null;
  readonly onDisconnect: (() => void) | undefined;
}

/**
 * Acknowledgements that one socket waits for. A Map, since adapters of other makes call `acks.set(id, fn)` (rows D-9,
 * S-130); what such callers set has neither deadline nor word of the end.
 */
export class AckTable extends Map<number, AckFunction> {
  readonly #deadlines: Deadlines;
  /** Only of entries that have a deadline or want word of the end. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(deadlines: Deadlines) {
    super();
    this.#deadlines = deadlines;
  }

  /** Waits for the answer to `id`. Exactly one of the functions is called, once, or none if the entry is deleted. */
  expect(id: number, onAck: AckFunction, options?: ExpectOptions): void {
    this.set(id, onAck);
    if (options === undefined) return;
    const { deadline, onTimeout, onDisconnect } = options;
    if (deadline === undefined && onDisconnect === undefined) return;
    this.#waiting.set(id, {
      deadline: deadline === undefined ? null : this.#deadlines.add(deadline, () => this.#expire(id, onTimeout)),
      onDisconnect,
    });
  }

  /**
   * The answer arrived. False if nobody waits for that id (or without id); at most once true per id.
   * @param args undefined if the peer's packet had no payload
   */
  answer(id: number | undefined, args: readonly unknown[] | undefined): boolean {
    const onAck = this.get(id!);
    if (onAck === undefined) return false;
    this.delete(id!);
    if (args === undefined) onAck();
    else onAck(...args);
    return true;
  }

  /**
   * The connection ended, so no answer will come: the table is emptied. Entries with `onDisconnect` are told; the other
   * ones with a deadline get their `onTimeout` once it passes.
   */
  disconnect(): void {
    const told: (() => void)[] = [];
    for (const id of this.keys()) {
      const onDisconnect = this.#waiting.get(id)?.onDisconnect;
      if (onDisconnect !== undefined) told.push(onDisconnect);
      // Without its place in the table a deadline cannot be cancelled any more.
      else this.#waiting.delete(id);
      this.delete(id);
    }
    callAll(told);
  }

  /** Replaces whatever waited under that id. */
  override set(id: number, onAck: AckFunction): this {
    this.#release(id);
    return super.set(id, onAck);
  }

  override delete(id: number): boolean {
    this.#release(id);
    return super.delete(id);
  }

  override clear(): void {
    for (const id of this.#waiting.keys()) this.#release(id);
    super.clear();
  }

  #release(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (waiting.deadline !== null) this.#deadlines.cancel(waiting.deadline);
  }

  #expire(id: number, onTimeout: (() => void) | undefined): void {
    this.delete(id);
    onTimeout?.();
  }
}

/** Calls every function even if one throws; what the first threw is thrown in the end. */
function callAll(functions: readonly (() => void)[]): void {
  for (let at = 0; at < functions.length; at++) {
    try {
      functions[at]!();
    } catch (error) {
      callAll(functions.slice(at + 1));
      throw error;
    }
  }
}
