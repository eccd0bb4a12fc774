import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { EventClientLink, type EventClient } from "../src/clients/event-client.ts";
import { persist } from "../src/clients/persist.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Fails so often before it is done. */
function failing(times: number) {
  const attempts: number[] = [];
  return {
    attempts,
    attempt: (): Promise<unknown> => {
      attempts.push(attempts.length);
      return attempts.length > times
        ? Promise.resolve("done")
        : Promise.reject(new Error(`failure ${attempts.length}`));
    },
  };
}

/** Lets pauses pass. */
async function pass(t: TestContext, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    t.mock.timers.tick(100);
    await turn();
  }
}

describe("what is attempted until it is done", () => {
  test("is attempted again after a pause, and who waits for the first attempt hears that it failed", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { attempts, attempt } = failing(3);
    const { first, done } = persist(attempt, () => true);
    await assert.rejects(first, /failure 1/);
    await pass(t, 400);
    assert.equal(attempts.length, 1);
    await pass(t, 2000);
    assert.equal(attempts.length, 4);
    await done;
  });

  test("is warned of by name, once of each reason, unless it is not wanted any more", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const warnings: string[] = [];
    const listener = ({ message }: Error): void => {
      if (message.startsWith("socket.io-redis")) warnings.push(message);
    };
    process.on("warning", listener);
    t.after(() => process.removeListener("warning", listener));
    const refused = (): Promise<never> => Promise.reject(new Error("NOPERM no channels"));
    let isWanted = true;
    const attempts = [persist(refused, () => isWanted), persist(refused, () => isWanted)];
    attempts.push(
      persist(
        () => Promise.reject(new Error("the client is closed")),
        () => false,
      ),
    );
    await turn();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /does not hear all that the others say.*NOPERM no channels/);
    isWanted = false;
    await pass(t, 1000);
    await Promise.all(attempts.map(({ done }) => done));
  });

  test("is not attempted again once it is done, or not wanted any more", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const [good, unwanted] = [failing(0), failing(5)];
    let isWanted = true;
    assert.equal(await persist(good.attempt, () => true).first, "done");
    const { done } = persist(unwanted.attempt, () => isWanted);
    await pass(t, 600);
    isWanted = false;
    await pass(t, 5000);
    await done;
    assert.deepEqual([good.attempts.length, unwanted.attempts.length], [1, 2]);
  });
});

describe("a subscription that Redis did not get", () => {
  /** A client whose commands wait for their answers. */
  function start() {
    const answers: ((error: Error | null) => void)[] = [];
    const client = {
      on: () => client,
      subscribe: (_channel: string, done: (error: Error | null) => void) => answers.push(done),
      unsubscribe: (_channel: string, done: (error: Error | null) => void) => done(null),
    };
    return { link: new EventClientLink(client as unknown as EventClient), answers };
  }

  test("is asked for again by the next one who wants it; all who wanted the first know that it failed", async () => {
    const { link, answers } = start();
    const [one, other] = [link.subscribe("channel", () => {}), link.subscribe("channel", () => {})];
    assert.equal(answers.length, 1);
    answers[0]!(new Error("given up"));
    await assert.rejects(one, /given up/);
    await assert.rejects(other, /given up/);
    const again = link.subscribe("channel", () => {});
    assert.equal(answers.length, 2);
    answers[1]!(null);
    await again;
  });
});
