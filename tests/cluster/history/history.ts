/*
 * What happened in a run: who was where, what was said, what was heard. Times are places in one order of all that the driver has
 * seen. What takes time has two, between which it has happened: invoked and completed. `Infinity`: it has not, or nobody knows.
 */

export interface SocketLife {
  readonly id: string;
  readonly node: string;
  /** Its client knows that it is connected. */
  readonly connected: number;
  gone: Span;
}

export interface Span {
  invoked: number;
  completed: number;
}

/** A socket in a room. */
export interface Stay {
  readonly socket: string;
  readonly room: string;
  readonly join: Span;
  readonly leave: Span;
}

export interface Emit extends Span {
  /** Number among those of its node. */
  readonly number: number;
  readonly from: string;
  /** Undefined: to all. */
  readonly room: string | undefined;
}

export interface Delivery {
  readonly socket: string;
  readonly from: string;
  readonly number: number;
  readonly at: number;
}

/** Once it is completed, everything that was emitted before it was invoked has arrived. */
export type Fence = Span;

/** A node was cut off from Redis, or killed. */
export interface Fault {
  readonly kind: "cut" | "kill";
  readonly node: string;
  readonly from: number;
  /** From then on it keeps what it publishes. */
  noticed: number;
  /** It hears the others again. */
  to: number;
}

/** All sockets were asked for, or those in a room to acknowledge an event. */
export interface Question extends Span {
  readonly kind: "fetchSockets" | "emitWithAck";
  readonly from: string;
  readonly room: string | undefined;
  /** Ids of sockets. */
  answers: readonly string[];
  /** Time was up. */
  failed: boolean;
}

export class History {
  readonly sockets = new Map<string, SocketLife>();
  readonly stays: Stay[] = [];
  readonly emits: Emit[] = [];
  readonly deliveries: Delivery[] = [];
  readonly fences: Fence[] = [];
  readonly faults: Fault[] = [];
  /** Of nodes, after the beginning. */
  readonly arrivals: Span[] = [];
  readonly questions: Question[] = [];
  #now = 0;

  /** @param isKept whether Redis keeps what is said for those who are cut off */
  constructor(readonly isKept: boolean) {}

  now(): number {
    return ++this.#now;
  }

  begin(): Span {
    return { invoked: this.now(), completed: Infinity };
  }
}

export const NEVER: Readonly<Span> = { invoked: Infinity, completed: Infinity };
