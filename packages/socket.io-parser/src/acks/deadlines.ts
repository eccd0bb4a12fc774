/** One entry of {@link Deadlines}; hand it back to cancel it. */
export interface Deadline {
  /** When it passes, in ms on the owner's clock. */
  readonly at: number;
}

interface Entry extends Deadline {
  /** Keeps the order of entries that pass at the same time. */
  readonly order: number;
  /** Null once it was cancelled or has passed. */
  onExpire: (() => void) | null;
  /** False while {@link Deadlines.expire} holds it. */
  inHeap: boolean;
}

/** Below so many, cancelled entries just stay until they come up. */
const FEW_CANCELLED = 32;

/**
 * Deadlines of one owner in order. Holds no timer: the owner arms one for {@link next} and calls {@link expire}.
 *
 * A binary heap in which cancelled entries stay until they come up or outnumber the others. So with equal delays, the usual
 * case, adding is O(1), and so is cancelling, amortised.
 */
export class Deadlines {
  #heap: Entry[] = [];
  #cancelled = 0;
  #order = 0;

  /** When the first deadline passes, in ms; Infinity if there is none. */
  get next(): number {
    this.#dropCancelledHead();
    return this.#heap[0]?.at ?? Infinity;
  }

  /** @param at when to call `onExpire`, in ms on the owner's clock */
  add(at: number, onExpire: () => void): Deadline {
    const entry: Entry = { at, order: this.#order++, onExpire, inHeap: false };
    this.#push(entry);
    return entry;
  }

  /** Without effect if it has passed or was cancelled already. */
  cancel(deadline: Deadline): void {
    const entry = deadline as Entry;
    if (entry.onExpire === null) return;
    entry.onExpire = null;
    if (!entry.inHeap) return;
    this.#cancelled++;
    if (this.#cancelled > FEW_CANCELLED && this.#cancelled * 2 > this.#heap.length) this.#sweep();
  }

  /**
   * Calls, in order, what is due at `now`. What is added meanwhile waits for the next call, even if due. If one throws, the
   * others stay due.
   */
  expire(now: number): void {
    const due: Entry[] = [];
    while (this.next <= now) due.push(this.#pop());
    let at = 0;
    try {
      while (at < due.length) {
        const { onExpire } = due[at]!;
        due[at++]!.onExpire = null;
        onExpire?.();
      }
    } finally {
      for (; at < due.length; at++) {
        if (due[at]!.onExpire !== null) this.#push(due[at]!);
      }
    }
  }

  #dropCancelledHead(): void {
    while (this.#cancelled > 0 && this.#heap[0]!.onExpire === null) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #sweep(): void {
    const live = this.#heap.filter((entry) => entry.onExpire !== null);
    this.#heap = [];
    this.#cancelled = 0;
    for (const entry of live) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    entry.inHeap = true;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** The first entry. Only while there is one. */
  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    first.inHeap = false;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
