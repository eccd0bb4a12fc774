import type { Exchange } from "./exchange.ts";

/** What a server has done: its frames, and the names of its events, whose texts are its own. */
export interface Outcome {
  readonly got: readonly unknown[];
  readonly events: readonly unknown[];
}

const REFUSED: Outcome = { got: [{ close: null }], events: ["error", "disconnect", "engine close"] };

/** By the name of the exchange, what our server does instead of what was recorded. Why: tests/vectors-deviations.json. */
export const INSTEAD: Readonly<Record<string, Outcome>> = {
  "bad: empty 4": REFUSED,
  "bad: event no payload": REFUSED,
  "bad: nsp without comma": REFUSED,
  "bad: ack id with space": REFUSED,
  "bad: ack id huge": REFUSED,
  "bad: binary 1e1": REFUSED,
  "bad: binary 0x1": REFUSED,
  'bad: binary " 1"': REFUSED,
  "binary event placeholder num 0.5": REFUSED,
  "EIO3: unknown nsp": { got: ["40", '44/nope,"Invalid namespace"'], events: [] },
  "recovery: after client namespace disconnect": {
    got: ['40{"sid":"<sid>","pid":"<pid>"}', '42["first","<offset>"]'],
    events: [],
  },
};

export function outcomeOf({ got = [], server = [] }: Partial<Exchange>): Outcome {
  return { got, events: server.map(([event]) => event) };
}
