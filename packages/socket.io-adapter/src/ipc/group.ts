import { randomBytes } from "node:crypto";
import { KeptSessions } from "./kept-sessions.js";
import type { Payload, ToPrimary, ToWorker, Untagged } from "./messages.js";

/** A worker, as the primary sees it. */
export interface WorkerProcess {
  tell(message: ToWorker): void;
}

interface Seat {
  readonly worker: WorkerProcess;
  will: Payload | undefined;
}

/** A claim of a session that is not kept: those who may have it were told to let it go. */
interface Claim {
  readonly seat: string;
  readonly ask: number;
  readonly pid: string;
  /** Seats that have not answered. */
  readonly waiting: Set<string>;
}

/**
 * In the primary: those who share one namespace, or one bus of sessions. All messages go through here, so all workers get those that are
 * numbered in one order. Knows no clock.
 */
export class Group {
  /** 48 bits: no other primary has them. */
  readonly #epoch = `${randomBytes(6).toString("base64url")}.`;
  readonly #seats = new Map<string, Seat>();
  readonly #sessions = new KeptSessions();
  readonly #claims = new Map<number, Claim>();
  #lastClaim = 0;
  #number = 0;

  constructor(private readonly tell: (to: WorkerProcess, seat: string, message: Untagged<ToWorker>) => void) {}

  receive(message: ToPrimary, worker: WorkerProcess, now: number): void {
    const { seat, kind } = message;
    if (kind === "open") {
      this.#seats.set(seat, { worker, will: undefined });
      return this.tell(worker, seat, { kind: "opened", epoch: this.#epoch, number: this.#number });
    }
    const sender = this.#seats.get(seat);
    // It has closed meanwhile.
    if (sender === undefined) return;
    switch (kind) {
      case "will":
        sender.will = message.payload;
        return;
      case "close":
        return this.#leave(seat, now);
      case "publish":
        return this.#publish(message);
      case "send":
        return this.#tellSeat(message.to, { kind: "message", payload: message.payload });
      case "keep":
        return this.#sessions.keep(message.pid, message.session, message.limits, now);
      case "take":
        return this.#take(message, now);
      case "fenced":
        return this.#onFenced(message.ask, seat, now);
    }
  }

  /** The worker has ended. */
  onExit(worker: WorkerProcess, now: number): void {
    const gone = [...this.#seats].filter(([, seat]) => seat.worker === worker);
    for (const [name] of gone) this.#leave(name, now);
    for (const [, { will }] of gone) {
      if (will === undefined) continue;
      for (const seat of this.#seats.keys()) this.#tellSeat(seat, { kind: "message", payload: will });
    }
  }

  /** Whether nobody is here, and nobody can come back to a session: nothing is lost with it. */
  isOver(now: number): boolean {
    return this.#seats.size === 0 && this.#sessions.isEmpty(now);
  }

  #publish({ seat, payload, numbered, echo }: ToPrimary & { kind: "publish" }): void {
    const number = numbered === true ? this.#number++ : undefined;
    for (const one of this.#seats.keys()) {
      if (one !== seat || echo === true) this.#tellSeat(one, { kind: "message", payload, number });
      else if (number !== undefined) this.#tellSeat(one, { kind: "numbered", number });
    }
  }

  #take({ seat, pid, ask }: ToPrimary & { kind: "take" }, now: number): void {
    const session = this.#sessions.take(pid, now);
    const others = [...this.#seats.keys()].filter((one) => one !== seat);
    if (session !== undefined || others.length === 0) return this.#tellSeat(seat, { kind: "taken", ask, session });
    const id = ++this.#lastClaim;
    this.#claims.set(id, { seat, ask, pid, waiting: new Set(others) });
    for (const one of others) this.#tellSeat(one, { kind: "fence", pid, ask: id });
  }

  #onFenced(id: number, seat: string, now: number): void {
    const claim = this.#claims.get(id);
    if (claim?.waiting.delete(seat) !== true || claim.waiting.size > 0) return;
    this.#claims.delete(id);
    const { ask, pid } = claim;
    this.#tellSeat(claim.seat, { kind: "taken", ask, session: this.#sessions.take(pid, now) });
  }

  #leave(seat: string, now: number): void {
    this.#seats.delete(seat);
    // Who has gone will not answer.
    for (const id of this.#claims.keys()) this.#onFenced(id, seat, now);
  }

  #tellSeat(name: string, message: Untagged<ToWorker>): void {
    const seat = this.#seats.get(name);
    if (seat !== undefined) this.tell(seat.worker, name, message);
  }
}
