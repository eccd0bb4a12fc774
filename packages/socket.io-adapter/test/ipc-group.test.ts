import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Group, type WorkerProcess } from "../dist/ipc/group.js";
import { Groups } from "../dist/ipc/groups.js";
import { createAdapter, createSessionBus } from "../dist/ipc/index.js";
import type { ToPrimary, ToWorker, Untagged } from "../dist/ipc/messages.js";

const LIMITS = { maxAgeMs: 1000, maxSessions: 3 };

/** A primary and its workers, one seat each, without processes. */
class Workers {
  now = 0;
  readonly heard: Record<string, Untagged<ToWorker>[]> = {};
  readonly #workers: Record<string, WorkerProcess> = {};
  readonly #group = new Group((_worker, seat, message) => this.heard[seat]!.push(message));

  constructor(...names: readonly string[]) {
    for (const name of names) {
      this.heard[name] = [];
      this.#workers[name] = { tell() {} };
      this.say(name, { kind: "open" });
    }
  }

  say(seat: string, message: Untagged<ToPrimary>): void {
    this.#group.receive({ ...message, source: "socket.io", group: "g", seat }, this.#workers[seat]!, this.now);
  }

  exit(name: string): void {
    this.#group.onExit(this.#workers[name]!, this.now);
  }

  keep(seat: string, pid: string, session: string): void {
    this.say(seat, { kind: "keep", pid, session: [session], limits: LIMITS });
  }

  /** What a worker has heard since it was asked last, without the answer to its first word. */
  news(name: string): Untagged<ToWorker>[] {
    return this.heard[name]!.splice(0).filter(({ kind }) => kind !== "opened");
  }
}

describe("the primary of the workers", () => {
  test("outside of a worker there is neither an adapter nor a bus", () => {
    const message = /only for workers of node:cluster/;
    assert.throws(() => createSessionBus(), message);
    assert.throws(() => createAdapter()({ name: "/", server: {} }), message);
  });

  test("a message reaches all but its sender, an answer the one that it is for", () => {
    const workers = new Workers("a", "b", "c");
    workers.say("a", { kind: "publish", payload: ["x"] });
    workers.say("b", { kind: "send", to: "c", payload: ["y"] });
    const x = { kind: "message", payload: ["x"], number: undefined };
    assert.deepEqual(workers.news("a"), []);
    assert.deepEqual(workers.news("b"), [x]);
    assert.deepEqual(workers.news("c"), [x, { kind: "message", payload: ["y"] }]);
  });

  test("all hear numbered messages in one order, and the sender the number of its own among them", () => {
    const workers = new Workers("a", "b");
    for (const from of ["a", "b", "b", "a"]) workers.say(from, { kind: "publish", payload: [from], numbered: true });
    const order = (name: string): unknown[] =>
      workers.news(name).map((one) => [one.kind, "number" in one && one.number]);
    assert.deepEqual(order("a"), [
      ["numbered", 0],
      ["message", 1],
      ["message", 2],
      ["numbered", 3],
    ]);
    assert.deepEqual(order("b"), [
      ["message", 0],
      ["numbered", 1],
      ["numbered", 2],
      ["message", 3],
    ]);
  });

  test("a worker that comes later is told the number from which on it hears", () => {
    const workers = new Workers("a", "b");
    workers.say("a", { kind: "publish", payload: [""], numbered: true });
    workers.say("b", { kind: "open" });
    const [first, again] = [workers.heard["b"]![0]!, workers.heard["b"]!.at(-1)!];
    assert.ok(first.kind === "opened" && again.kind === "opened");
    assert.deepEqual([first.number, again.number], [0, 1]);
    assert.equal(first.epoch, again.epoch);
  });

  test("a worker that ends without a word is spoken for, one that has closed is not", () => {
    const workers = new Workers("a", "b", "c");
    for (const name of ["a", "b"]) workers.say(name, { kind: "will", payload: [`${name} is gone`] });
    workers.say("b", { kind: "close" });
    workers.exit("b");
    workers.exit("a");
    workers.exit("a");
    assert.deepEqual(workers.news("c"), [{ kind: "message", payload: ["a is gone"] }]);
  });

  test("a session that is kept is handed out once, and not when it is too old", () => {
    const workers = new Workers("a", "b");
    workers.keep("a", "pid", "session");
    workers.say("b", { kind: "take", pid: "pid", ask: 1 });
    assert.deepEqual(workers.news("b"), [{ kind: "taken", ask: 1, session: ["session"] }]);
    workers.keep("a", "pid", "old");
    workers.now = 1000;
    workers.say("b", { kind: "take", pid: "pid", ask: 2 });
    assert.deepEqual(workers.news("b"), []);
    workers.say("a", { kind: "fenced", ask: 1 });
    assert.deepEqual(workers.news("b"), [{ kind: "taken", ask: 2, session: undefined }]);
  });

  test("no more sessions are kept than the limit says: the oldest go", () => {
    const workers = new Workers("a");
    for (const pid of ["1", "2", "3", "4"]) workers.keep("a", pid, pid);
    for (const pid of ["1", "2"]) workers.say("a", { kind: "take", pid, ask: Number(pid) });
    assert.deepEqual(workers.news("a"), [
      { kind: "taken", ask: 1, session: undefined },
      { kind: "taken", ask: 2, session: ["2"] },
    ]);
  });

  test("a session that a worker still has is asked of all others, and comes once they have answered or ended", () => {
    const workers = new Workers("a", "b", "c");
    workers.say("a", { kind: "take", pid: "pid", ask: 7 });
    const fence = { kind: "fence", pid: "pid", ask: 1 };
    assert.deepEqual([workers.news("b"), workers.news("c")], [[fence], [fence]]);
    workers.keep("b", "pid", "session");
    workers.say("b", { kind: "fenced", ask: 1 });
    // Nobody answers twice, or for another.
    workers.say("b", { kind: "fenced", ask: 1 });
    workers.say("a", { kind: "fenced", ask: 1 });
    assert.deepEqual(workers.news("a"), []);
    workers.exit("c");
    assert.deepEqual(workers.news("a"), [{ kind: "taken", ask: 7, session: ["session"] }]);
  });
});

describe("the groups of the primary", () => {
  /** Seats of one worker in groups of their own, as dynamic namespaces have them. */
  function start() {
    const told: Untagged<ToWorker>[] = [];
    const groups = new Groups((_to, _group, _seat, message) => told.push(message));
    const worker: WorkerProcess = { tell() {} };
    const say = (group: string, message: Untagged<ToPrimary>, now = 0): void => {
      groups.receive({ ...message, source: "socket.io", group, seat: `seat of ${group}` }, worker, now);
    };
    /** Namespaces that come and go. */
    const visit = (count: number, now: number): void => {
      for (let at = 0; at < count; at++) {
        const name = `of ${now}: ${at}`;
        say(name, { kind: "open" }, now);
        say(name, { kind: "close" }, now);
      }
    };
    return { told, groups, worker, say, visit };
  }

  test("those that everybody has left are forgotten, however many come and go", () => {
    const { groups, visit, say } = start();
    for (let at = 0; at < 20; at++) say(`stays ${at}`, { kind: "open" });
    visit(10_000, 1);
    assert.ok(groups.size <= 2 * 20 + 16, `${groups.size} groups`);
    for (let at = 0; at < 20; at++) say(`stays ${at}`, { kind: "close" });
    visit(1_000, 2);
    assert.ok(groups.size <= 2 * 16, `${groups.size} groups`);
  });

  test("one whose worker has ended is forgotten as well", () => {
    const { groups, worker, say, visit } = start();
    for (let at = 0; at < 100; at++) say(`${at}`, { kind: "open" });
    groups.onExit(worker, 1);
    visit(200, 2);
    assert.ok(groups.size < 100, `${groups.size} groups`);
  });

  test("one to which somebody can come back is not, until the session is too old", () => {
    const { told, groups, say, visit } = start();
    say("left", { kind: "open" });
    say("left", { kind: "publish", payload: [""], numbered: true });
    say("left", { kind: "keep", pid: "pid", session: ["session"], limits: LIMITS });
    say("left", { kind: "close" });
    visit(100, LIMITS.maxAgeMs - 1);
    told.length = 0;
    say("left", { kind: "open" });
    say("left", { kind: "take", pid: "pid", ask: 1 }, LIMITS.maxAgeMs - 1);
    assert.deepEqual(
      told.map((message) => (message.kind === "opened" ? message.number : message)),
      [1, { kind: "taken", ask: 1, session: ["session"] }],
    );
    say("left", { kind: "keep", pid: "pid", session: ["session"], limits: LIMITS });
    say("left", { kind: "close" });
    visit(100, LIMITS.maxAgeMs);
    told.length = 0;
    say("left", { kind: "open" });
    const [opened] = told;
    assert.ok(opened?.kind === "opened" && opened.number === 0);
    assert.ok(groups.size <= 2 * 16);
  });

  test("what a seat says that has closed makes none", () => {
    const { told, groups, say } = start();
    say("late", { kind: "keep", pid: "pid", session: ["session"], limits: LIMITS });
    assert.deepEqual([told, groups.size], [[], 0]);
  });
});
