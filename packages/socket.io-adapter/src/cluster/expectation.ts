import type { ServerId } from "./messages.js";

/** Whose answers a request waits for. */
export interface Expectation {
  /** How many answers are still to come. */
  readonly missing: number;
  /** Who has not answered, where that is known. */
  readonly missingServers: readonly ServerId[];
  /**
   * An answer has come.
   *
   * @param from undefined where the sender did not sign
   * @returns false if nobody waited for it: a second answer of one server, or one that came too late
   */
  answered(from: ServerId | undefined): boolean;
  /** A server has left the cluster: it will not answer. */
  gone(server: ServerId): void;
  /** What the request fails with when time is up. */
  timeoutMessage(): string;
}

/** Until it is known whom to ask. */
export const UNKNOWN_SERVERS: Expectation = {
  missing: Infinity,
  missingServers: [],
  answered: () => false,
  gone: () => {},
  timeoutMessage: () => "timeout reached: the other servers are not known",
};

/** Where only the number of servers is known. */
export class CountedServers implements Expectation {
  readonly #signed = new Set<ServerId>();
  #answers = 0;

  /** @param message what the request fails with; undefined: one that tells the numbers */
  constructor(
    protected readonly expected: number,
    private readonly message?: string,
  ) {}

  get missing(): number {
    return Math.max(this.expected - this.#answers, 0);
  }

  get missingServers(): readonly ServerId[] {
    return [];
  }

  /** Answers whose senders did not sign. */
  protected get unsigned(): number {
    return this.#answers - this.#signed.size;
  }

  protected hasSigned(server: ServerId): boolean {
    return this.#signed.has(server);
  }

  answered(from: ServerId | undefined): boolean {
    if (from !== undefined) {
      if (this.#signed.has(from)) return false;
      this.#signed.add(from);
    }
    this.#answers++;
    return true;
  }

  gone(): void {}

  timeoutMessage(): string {
    return this.message ?? `timeout reached: only ${this.#answers} responses received out of ${this.expected}`;
  }
}

/** Where every server is known by its id, since they all send heartbeats. */
export class KnownServers implements Expectation {
  readonly #missing: Set<ServerId>;

  constructor(servers: Iterable<ServerId>) {
    this.#missing = new Set(servers);
  }

  get missing(): number {
    return this.#missing.size;
  }

  get missingServers(): readonly ServerId[] {
    return [...this.#missing];
  }

  answered(from: ServerId | undefined): boolean {
    return from !== undefined && this.#missing.delete(from);
  }

  gone(server: ServerId): void {
    this.#missing.delete(server);
  }

  timeoutMessage(): string {
    return `timeout reached: missing ${this.missing} responses`;
  }
}
