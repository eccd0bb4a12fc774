/** What is measured, the same for every server. A message is one delivery, or one event with its answer. */
export interface Scenario {
  readonly name: string;
  readonly clients: number;
  /** Rooms that the clients are spread over. */
  readonly rooms?: number;
  /** What one client asks for again and again: the next time when all have what came of it. */
  readonly ask?: { readonly event: "all" | "rooms"; readonly count: number; readonly deliveries: number };
  /** Each client sends events that are answered: so many outstanding, so many in a write. */
  readonly echo?: { readonly depth: number; readonly batch: number };
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "broadcast", clients: 1000, ask: { event: "all", count: 1, deliveries: 1000 } },
  { name: "burst", clients: 1000, ask: { event: "all", count: 10, deliveries: 10_000 } },
  { name: "rooms", clients: 1000, rooms: 100, ask: { event: "rooms", count: 100, deliveries: 1000 } },
  { name: "echo-ack", clients: 100, echo: { depth: 1, batch: 1 } },
  { name: "echo-pipe", clients: 100, echo: { depth: 20, batch: 10 } },
];

/** About 100 bytes of JSON, of the same length for the seven digits of `seq`. */
export function body(seq: number): object {
  return { seq, user: "alice", room: "general", text: "the quick brown fox jumps over the dog" };
}

export const FIRST_SEQ = 1_000_000;

/** Frames as clients send them. The mask is of zeros, so that the least of servers can do without taking it off. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}

/** Frames as servers send them. */
export function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(header), payload]);
}

export const ECHO = clientFrame(`421["echo",${JSON.stringify(body(FIRST_SEQ))}]`);
export const ECHO_ANSWER = serverFrame(`431[${JSON.stringify(body(FIRST_SEQ))}]`);
export const DELIVERY = serverFrame(`42["msg",${JSON.stringify(body(FIRST_SEQ))}]`);
export const JOIN = clientFrame("40");
