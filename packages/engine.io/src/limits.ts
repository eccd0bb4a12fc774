/** The engine's limits: options, and, in the second half, those that are fixed. */
export type LimitName =
  /** Requests that were none of the session's. */
  | "bindSession"
  | "handshakeTimeout"
  | "maxBufferedBytes"
  | "maxBufferedPackets"
  | "maxHttpBufferSize"
  | "rateLimit.connections"
  /** Fragments of a WebSocket message: 16,384. */
  | "maxFragments"
  /** Packets in one body: 50,000. */
  | "maxPacketsPerPayload"
  /** Requests of a polling session at a time: one GET and one POST. */
  | "maxRequestsInFlight"
  /** Answers to pings of a WebSocket that wait for the peer to read: 100. */
  | "maxWaitingPongs";

/** What a WebSocket says of a peer that has exceeded a limit: ours, or `ws`. */
const BY_FRAME_ERROR = new Map<unknown, LimitName>([
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "maxHttpBufferSize"],
  ["WS_ERR_TOO_MANY_FRAGMENTS", "maxFragments"],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", "maxFragments"],
  ["WS_ERR_TOO_MANY_CONTROL_FRAMES", "maxWaitingPongs"],
]);

/** The limit that a session was closed for; undefined if it was another reason. */
export function limitBehind(description: unknown): LimitName | undefined {
  const { description: cause } = (description ?? {}) as { description?: unknown };
  const { code, limit } = (cause ?? {}) as { code?: unknown; limit?: LimitName };
  return limit ?? BY_FRAME_ERROR.get(code);
}

/** How often each limit has turned something away since the server was made, by the name of its option, or {@link LimitName}. */
export class LimitCounters {
  readonly #counts = new Map<string, number>();

  /** Times that the limit of this option was reached. */
  get(option: string): number {
    return this.#counts.get(option) ?? 0;
  }

  /** Of all limits that were reached. */
  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** Names of options and times, in the order in which they were first reached. */
  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }

  /** @internal */
  count(option: string): void {
    this.#counts.set(option, this.get(option) + 1);
  }
}
