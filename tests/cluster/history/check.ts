import type { Delivery, Emit, Fault, History, Question, SocketLife, Span, Stay } from "./history.ts";

export type Rule = "duplicate" | "order" | "outside the room" | "lost" | "answer";

export interface Violation {
  readonly rule: Rule;
  readonly what: string;
}

/** What of a history the page docs/clusters.md does not allow. */
export function check(history: History): Violation[] {
  return [...duplicates(history), ...disorder(history), ...outside(history), ...losses(history), ...answers(history)];
}

function* duplicates({ deliveries }: History): Generator<Violation> {
  const heard = new Set<string>();
  for (const delivery of deliveries) {
    const what = nameOf(delivery);
    if (heard.has(what)) yield { rule: "duplicate", what };
    heard.add(what);
  }
}

/** What one node emits arrives in that order at each socket. */
function* disorder({ deliveries }: History): Generator<Violation> {
  const last = new Map<string, number>();
  for (const delivery of deliveries) {
    const way = `${delivery.from} to ${delivery.socket}`;
    const before = last.get(way) ?? -1;
    if (delivery.number < before) yield { rule: "order", what: `${nameOf(delivery)} after ${before}` };
    last.set(way, Math.max(before, delivery.number));
  }
}

/** A socket hears what is said to a room only if it may have been in it at some time between the call and the arrival. */
function* outside(history: History): Generator<Violation> {
  const emits = new Map(history.emits.map((emit) => [`${emit.from} ${emit.number}`, emit]));
  const stays = staysOf(history);
  for (const delivery of history.deliveries) {
    const emit = emits.get(`${delivery.from} ${delivery.number}`);
    if (emit === undefined) yield { rule: "outside the room", what: `${nameOf(delivery)}: nobody has said it` };
    else if (emit.room !== undefined && !mayBeIn(stays, delivery.socket, emit.room, emit.invoked, delivery.at)) {
      yield { rule: "outside the room", what: `${nameOf(delivery)} to ${emit.room}` };
    }
  }
}

/** Who was in the room from before the call until it must have arrived has heard it, but for the windows that are stated. */
function* losses(history: History): Generator<Violation> {
  const heard = new Set(history.deliveries.map(nameOf));
  const stays = staysOf(history);
  for (const emit of history.emits) {
    const due = arrivalOf(emit, history);
    for (const socket of history.sockets.values()) {
      const name = nameOf({ ...emit, socket: socket.id });
      if (heard.has(name) || !isThere(socket, emit.invoked, due)) continue;
      if (emit.room !== undefined && !isIn(stays, socket.id, emit.room, emit.invoked, due)) continue;
      if (!history.faults.some((fault) => excuses(fault, emit, socket, due, history.isKept))) {
        yield { rule: "lost", what: `${name} to ${emit.room ?? "all"}` };
      }
    }
  }
}

/** The windows of docs/clusters.md, "Loss". */
function excuses(fault: Fault, emit: Emit, socket: SocketLife, due: number, isKept: boolean): boolean {
  // A server delivers to its own clients in any case.
  if (socket.node === emit.from || fault.from > due) return false;
  // What a server that is cut off would have heard of the others; what was under way when it was cut off.
  if (fault.node === socket.node) return !isKept && fault.to > emit.invoked;
  return fault.node === emit.from && (fault.kind === "kill" || emit.invoked < fault.noticed);
}

function* answers(history: History): Generator<Violation> {
  const stays = staysOf(history);
  for (const question of history.questions) {
    const { kind, room, invoked, completed } = question;
    const what = `${kind} of ${question.from} at ${invoked}`;
    if (completed === Infinity) yield { rule: "answer", what: `${what} never ended` };
    if (new Set(question.answers).size < question.answers.length) {
      yield { rule: "answer", what: `${what} has answers twice` };
    }
    for (const id of question.answers) {
      const socket = history.sockets.get(id);
      if (socket !== undefined && socket.gone.completed < invoked) {
        yield { rule: "answer", what: `${what} has one of ${id}, which was gone` };
      }
      if (room !== undefined && !mayBeIn(stays, id, room, invoked, completed)) {
        yield { rule: "answer", what: `${what} has one of ${id}, which was not in ${room}` };
      }
    }
    if (!question.failed) yield* unanswered(history, stays, question, what);
  }
}

/**
 * Who has not answered, though nothing has kept it from that. Servers are counted when a question is asked: one that comes, or comes
 * back, before it arrives may answer in place of another.
 */
function* unanswered(history: History, stays: Stays, question: Question, what: string): Generator<Violation> {
  const { room, invoked, completed } = question;
  if (history.faults.some((fault) => fault.kind === "cut" && fault.from < completed && fault.to > invoked)) return;
  if (history.arrivals.some((arrival) => arrival.invoked < completed && arrival.completed > invoked)) return;
  for (const socket of history.sockets.values()) {
    if (!isThere(socket, invoked, completed)) continue;
    if (room !== undefined && !isIn(stays, socket.id, room, invoked, completed)) continue;
    if (!question.answers.includes(socket.id)) yield { rule: "answer", what: `${what} has none of ${socket.id}` };
  }
}

type Stays = ReadonlyMap<string, readonly Stay[]>;

function staysOf({ stays }: History): Stays {
  const groups = new Map<string, Stay[]>();
  for (const stay of stays) {
    const name = `${stay.socket} ${stay.room}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [stay]);
    else group.push(stay);
  }
  return groups;
}

/** Perhaps at some time in between. */
function mayBeIn(stays: Stays, socket: string, room: string, from: number, to: number): boolean {
  const own = stays.get(`${socket} ${room}`) ?? [];
  return own.some(({ join, leave }) => join.invoked < to && leave.completed > from);
}

/** Without doubt all the time. */
function isIn(stays: Stays, socket: string, room: string, from: number, to: number): boolean {
  const own = stays.get(`${socket} ${room}`) ?? [];
  return own.some(({ join, leave }) => join.completed < from && leave.invoked > to);
}

function isThere({ connected, gone }: SocketLife, from: number, to: number): boolean {
  return connected < from && gone.invoked > to;
}

/** When an emit must have arrived. */
function arrivalOf({ completed }: Span, { fences }: History): number {
  return fences.find((fence) => fence.invoked > completed)?.completed ?? Infinity;
}

function nameOf({ from, number, socket }: Pick<Delivery, "from" | "number" | "socket">): string {
  return `${from} ${number} at ${socket}`;
}
