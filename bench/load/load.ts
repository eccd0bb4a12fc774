/* What loads have in common. They run in a process of their own, and in tests beside what checks them. */

/** Sees every message that a server sends after the handshake. Only tests look. */
export type Observe = (opcode: number, payload: Buffer) => void;

export interface LoadOptions {
  /** Of one server, or of several that belong together. */
  readonly ports: readonly number[];
  /** Instead of as many as the scenario has. */
  readonly clients?: number;
  readonly observe?: Observe;
}

/** Clients that go on until they are stopped. */
export interface Running {
  /** Messages that have been answered or delivered so far. */
  messages(): number;
  /** In ms, of the messages since the last call, where the load looks at the time. */
  times?(): number[];
  stop(): void;
}

export type Load = (options: LoadOptions) => Promise<Running>;

/** Something that clients do once, such as connecting. Each stays connected until it is closed. */
export interface Visitor {
  close(): void;
}
export type Visit = (port: number, observe?: Observe) => Promise<Visitor>;

/** How often a visit is made, so many at a time. After `limitMs` no more of them begin. */
export interface VisitOrder {
  readonly count: number;
  readonly width: number;
  readonly limitMs: number;
}

/** Runs `count` tasks, so many at a time. */
export async function inParallel(count: number, width: number, task: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

/** How many connections are opened at the same time. */
export const OPENING = 64;
