import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { ToWorker } from "../dist/ipc/messages.js";
import { WorkerLine, type Recipient } from "../dist/ipc/worker-line.js";

const MIB = 1024 * 1024;

/** A worker that reads when it is told to. */
function start() {
  const unread: (() => void)[] = [];
  const state = { now: 1000, sent: 0, isConnected: true, signals: [] as string[] };
  const worker: Recipient = {
    id: 7,
    isConnected: () => state.isConnected,
    send(_message, _handle, _options, sent) {
      state.sent++;
      unread.push(sent);
    },
    process: { kill: (signal) => state.signals.push(signal) },
  };
  const line = new WorkerLine(worker, () => state.now);
  const say = (...payload: readonly unknown[]): void => {
    line.tell({ kind: "message", payload, source: "socket.io", group: "g", seat: "s" } satisfies ToWorker);
  };
  const read = (): void => {
    for (const sent of unread.splice(0)) sent();
  };
  return { state, say, read };
}

describe("what the primary keeps for a worker", () => {
  test("is as much as comes, as long as the worker reads", () => {
    const { state, say, read } = start();
    for (let at = 0; at < 300; at++) {
      say("x".repeat(MIB));
      read();
    }
    assert.deepEqual([state.sent, state.signals], [300, []]);
  });

  test("may be much for a while, if it reads on", () => {
    const { state, say, read } = start();
    for (let second = 0; second < 10; second++) {
      for (let at = 0; at < 100; at++) say("x".repeat(MIB));
      read();
      state.now += 4000;
    }
    assert.deepEqual([state.sent, state.signals], [1000, []]);
  });

  for (const [what, part] of [
    ["texts", "x".repeat(MIB)],
    ["bytes", new Uint8Array(MIB)],
  ] as const) {
    test(`is no more than 64 MiB once it has read nothing for 5 s: it is killed, once (${what})`, async () => {
      const { state, say } = start();
      const warned = once(process, "warning") as Promise<[Error]>;
      for (let at = 0; at < 200; at++) {
        say(part);
        state.now += 100;
      }
      assert.deepEqual([state.sent, state.signals], [64, ["SIGKILL"]]);
      assert.match((await warned)[0].message, /worker 7 hangs, and was killed: it has left 671\d+ bytes unread/);
    });
  }

  test("is 512 MiB at most, however fast it comes, and in small messages too", () => {
    const { state, say } = start();
    for (let at = 0; at < 600; at++) say("x".repeat(MIB));
    assert.deepEqual([state.sent, state.signals], [512, ["SIGKILL"]]);
    const small = start();
    small.state.now = 0;
    for (let at = 0; at < MIB; at++) {
      small.say("");
      small.state.now++;
    }
    assert.ok(small.state.sent < 400_000, `${small.state.sent}`);
    assert.deepEqual(small.state.signals, ["SIGKILL"]);
  });

  test("is nothing once it has no connection", () => {
    const { state, say } = start();
    state.isConnected = false;
    say("lost");
    assert.equal(state.sent, 0);
  });
});
