import { randomBytes } from "node:crypto";
import { UNKNOWN_SERVERS, type Expectation } from "./expectation.js";
import type { ServerId } from "./messages.js";

/** Not all servers have answered. What did arrive comes along. */
export class ClusterRequestError extends Error {
  override readonly name = "ClusterRequestError";

  constructor(
    message: string,
    /** The answers of the servers that did answer. */
    readonly responses: unknown[],
    /** Ids of the servers that did not, where they are known. */
    readonly missing: readonly ServerId[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Puts the answers of this server before those of the others: perhaps more than a call may have arguments. @internal */
  precede(own: readonly unknown[]): void {
    const others = this.responses.splice(0);
    for (const answers of [own, others]) for (const answer of answers) this.responses.push(answer);
  }

  /** Puts something else in the place of each answer. @internal */
  convert(to: (answer: unknown) => unknown): void {
    for (const [at, answer] of this.responses.entries()) this.responses[at] = to(answer);
  }
}

interface Pending {
  expected: Expectation;
  readonly responses: unknown[];
  readonly timer: NodeJS.Timeout;
  settle(error: ClusterRequestError | null, responses: unknown[]): void;
}

/**
 * What one server has asked the others, until all have answered, or have left, or time is up: whichever comes first, and
 * exactly one of them. How questions and answers travel is not its business.
 */
export class ClusterRequests {
  readonly #pending = new Map<string, Pending>();

  /** Requests that still wait. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Waits for answers.
   *
   * @param settle called once: with all the answers, or with an error that has those that came
   * @returns id of the request, to be sent along with the question
   */
  open(
    expected: Expectation,
    timeoutMs: number,
    settle: (error: ClusterRequestError | null, responses: unknown[]) => void,
  ): string {
    const id = requestId();
    // Who waits for answers only has nothing else to keep the process for.
    const timer = setTimeout(() => this.#fail(id, request.expected.timeoutMessage()), timeoutMs).unref();
    const request: Pending = { expected, responses: [], timer, settle };
    this.#pending.set(id, request);
    return id;
  }

  /**
   * Asks the others once it is known who they are, all of it within the time: whoever knows them may be out of reach.
   *
   * @param publish sends the question; not called if there is nobody to ask
   * @throws {ClusterRequestError} (rejects)
   */
  ask(expectation: Promise<Expectation>, timeoutMs: number, publish: (id: string) => void): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const id = this.open(UNKNOWN_SERVERS, timeoutMs, (error, responses) => {
        if (error === null) resolve(responses);
        else reject(error);
      });
      expectation.then(
        (expected) => this.#expect(id, expected, publish),
        (error: unknown) => this.#fail(id, "the other servers are not known", { cause: error }),
      );
    });
  }

  /** One server has answered, with one value or several. Unknown ids are of requests that have ended. */
  answer(id: string, from: ServerId | undefined, values: readonly unknown[]): void {
    const request = this.#pending.get(id);
    if (request === undefined || !request.expected.answered(from)) return;
    // Not all as arguments of one call: the sockets of a server may be more than a call takes.
    for (const value of values) request.responses.push(value);
    this.#check(id, request);
  }

  /** A server has left the cluster. */
  onServerGone(server: ServerId): void {
    for (const [id, request] of this.#pending) {
      request.expected.gone(server);
      this.#check(id, request);
    }
  }

  /** Ends all of them: no answer will be heard any more. */
  close(): void {
    for (const id of this.#pending.keys()) this.#fail(id, "the adapter was closed");
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  #expect(id: string, expected: Expectation, publish: (id: string) => void): void {
    const request = this.#pending.get(id);
    // Time was up before.
    if (request === undefined) return;
    request.expected = expected;
    if (expected.missing > 0) publish(id);
    else this.#check(id, request);
  }

  #check(id: string, request: Pending): void {
    if (request.expected.missing > 0) return;
    this.#forget(id, request);
    request.settle(null, request.responses);
  }

  #fail(id: string, message: string, options?: ErrorOptions): void {
    const request = this.#pending.get(id);
    if (request === undefined) return;
    this.#forget(id, request);
    const { responses, expected } = request;
    request.settle(new ClusterRequestError(message, responses, expected.missingServers, options), responses);
  }

  #forget(id: string, { timer }: Pending): void {
    clearTimeout(timer);
    this.#pending.delete(id);
  }
}

/** 16 hexadecimal digits, like the ids of servers (row A-39). */
export function requestId(): string {
  return randomBytes(8).toString("hex");
}
