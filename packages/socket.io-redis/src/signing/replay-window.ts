/** By how much a message may be overtaken by others of its sender: over a Redis Cluster, channels have different ways. */
const WINDOW = 4096;

/** How many senders are remembered. Each takes half a kilobyte. */
const MAX_SENDERS = 1024;

/** The messages of one sender: those within the window are known one by one, older ones count as heard. */
class Sender {
  lastTime = 0;
  #highest = -1;
  readonly #heard = new Uint32Array(WINDOW / 32);

  /** @returns false if it was heard before, or is too old to tell */
  isNew(sequence: number): boolean {
    if (sequence <= this.#highest - WINDOW) return false;
    if (sequence > this.#highest) this.#advance(sequence);
    const at = sequence % WINDOW;
    const bit = 1 << (at % 32);
    if ((this.#heard[at >>> 5]! & bit) !== 0) return false;
    this.#heard[at >>> 5]! |= bit;
    return true;
  }

  #advance(sequence: number): void {
    if (sequence - this.#highest >= WINDOW) this.#heard.fill(0);
    else {
      for (let passed = this.#highest + 1; passed <= sequence; passed++) {
        const at = passed % WINDOW;
        this.#heard[at >>> 5]! &= ~(1 << (at % 32));
      }
    }
    this.#highest = sequence;
  }
}

/** Tells messages that were heard before. Its memory is bounded; what it had to forget counts as heard. */
export class ReplayWindow {
  /** In the order in which they were heard last. */
  readonly #senders = new Map<string, Sender>();
  /** Of those that are forgotten, in ms: nothing older is taken from a sender that is not known. */
  #forgottenUntil = -1;

  /** @param time when it was signed, in ms */
  isNew(id: string, sequence: number, time: number): boolean {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      if (time <= this.#forgottenUntil) return false;
      sender = new Sender();
    } else {
      this.#senders.delete(id);
    }
    this.#senders.set(id, sender);
    sender.lastTime = Math.max(sender.lastTime, time);
    this.#forget();
    return sender.isNew(sequence);
  }

  #forget(): void {
    if (this.#senders.size <= MAX_SENDERS) return;
    const [id, { lastTime }] = this.#senders.entries().next().value!;
    this.#senders.delete(id);
    this.#forgottenUntil = Math.max(this.#forgottenUntil, lastTime);
  }
}
