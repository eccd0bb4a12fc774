import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { accept, connected, logOf } from "./fake-engine.ts";

/** A page of which the test says what happens to it. */
function asPage(t: TestContext): { fire(event: string): void; hidden(isHidden: boolean): void; listeners(): number } {
  const target = new EventTarget();
  const state = { visibilityState: "visible" };
  const page = globalThis as { addEventListener?: unknown; removeEventListener?: unknown; document?: unknown };
  type Listen = (event: string, listener: () => void, capture: boolean) => void;
  const add: Listen = (event, listener, capture) => target.addEventListener(event, listener, { capture });
  // Node's own does not take a boolean for `{ capture }` here, which browsers do.
  const remove: Listen = (event, listener, capture) => target.removeEventListener(event, listener, { capture });
  const added = new Set<string>();
  page.addEventListener = ((event, listener, capture) => {
    added.add(event);
    add(event, listener, capture);
  }) satisfies Listen;
  page.removeEventListener = ((event, listener, capture) => {
    added.delete(event);
    remove(event, listener, capture);
  }) satisfies Listen;
  page.document = state;
  t.after(() => {
    delete page.addEventListener;
    delete page.removeEventListener;
    delete page.document;
  });
  return {
    fire: (event) => void target.dispatchEvent(new Event(event)),
    hidden: (isHidden) => void (state.visibilityState = isHidden ? "hidden" : "visible"),
    listeners: () => added.size,
  };
}

for (const event of ["online", "pageshow", "visibilitychange", "resume"]) {
  test(`the wait for the next attempt ends with ${event}, and there is one attempt only`, (t) => {
    const page = asPage(t);
    const { manager, log } = connected();
    const attempts = logOf(manager, "reconnect_attempt", "reconnect");
    manager.wire.end("transport close");
    assert.equal(manager.engines.length, 1);
    page.fire(event);
    page.fire(event);
    assert.equal(manager.engines.length, 2);
    accept(manager);
    manager.clock.advance(100_000);
    assert.equal(manager.engines.length, 2);
    assert.deepEqual(attempts, [
      ["reconnect_attempt", 1],
      ["reconnect", 1],
    ]);
    assert.deepEqual(log.at(-1), ["connect"]);
  });
}

test("a page that goes to the background is not woken by that", (t) => {
  const page = asPage(t);
  const { manager } = connected();
  manager.wire.end("transport close");
  page.hidden(true);
  page.fire("visibilitychange");
  assert.equal(manager.engines.length, 1);
  page.hidden(false);
  page.fire("visibilitychange");
  assert.equal(manager.engines.length, 2);
});

test("nothing listens to the page but the wait for an attempt", (t) => {
  const page = asPage(t);
  const { manager, socket } = connected();
  assert.equal(page.listeners(), 0);
  manager.wire.end("transport close");
  assert.equal(page.listeners(), 4);
  manager.clock.advance(1000);
  assert.equal(page.listeners(), 0);
  accept(manager);
  manager.wire.end("transport close");
  socket.disconnect();
  assert.equal(page.listeners(), 0);
  page.fire("online");
  assert.equal(manager.engines.length, 2);
});

test("without a page the attempts are made in their time", () => {
  const { manager } = connected();
  manager.wire.end("transport close");
  manager.clock.advance(999);
  assert.equal(manager.engines.length, 1);
  manager.clock.advance(1);
  assert.equal(manager.engines.length, 2);
});
