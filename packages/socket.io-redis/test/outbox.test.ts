import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { Outbox } from "../src/outbox.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An outbox over a client that answers when it is told, and what it has told. */
function start() {
  const client = new EventEmitter();
  const told: unknown[] = [];
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const outbox = new Outbox({
    send: (_channel, message) => {
      sent.push(message as string);
      return new Promise<void>((resolve) => answers.push(resolve));
    },
    onDegraded: (reason) => told.push(reason),
    onRestored: (restoration) => told.push(restoration),
  });
  outbox.watch(client, "publisher disconnected");
  return { client, outbox, told, sent, answers };
}

test("what was under way when a connection broke, and is never answered, does not keep what is published later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { client, outbox, told, sent } = start();
  void outbox.publish("channel", "never answered");
  t.mock.timers.tick(1000);
  await turn();
  assert.deepEqual(told, ["unresponsive"]);
  client.emit("close");
  void outbox.publish("channel", "kept");
  assert.deepEqual(sent, ["never answered"]);
  client.emit("ready");
  assert.deepEqual(told, ["unresponsive", "publisher disconnected", { sent: 1, lost: 0 }]);
  void outbox.publish("channel", "later");
  assert.deepEqual(sent, ["never answered", "kept", "later"]);
});

test("silence of the new connection counts, whatever the old one still answers", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { client, outbox, told, answers } = start();
  void outbox.publish("channel", "answered late");
  client.emit("close");
  client.emit("ready");
  told.length = 0;
  void outbox.publish("channel", "not answered");
  t.mock.timers.tick(1000);
  await turn();
  answers[0]!();
  await turn();
  assert.deepEqual(told, ["unresponsive"]);
  answers[1]!();
  await turn();
  assert.deepEqual(told, ["unresponsive", { sent: 0, lost: 0 }]);
});
