import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Expectation } from "socket.io-adapter/dist/cluster";
import { Roster } from "../src/roster.ts";

/** The channels of Redis, by how many listen to each, and a server that looks who is there. */
function start(servers: readonly string[], { older = 0 } = {}) {
  const subscribers = new Map<string, number>();
  const listings: string[] = [];
  const counted: (readonly string[])[] = [];
  const faults = { list: undefined as Error | undefined };
  const join = (id: string): void => {
    subscribers.set("all", (subscribers.get("all") ?? 0) + 1);
    subscribers.set(`own*${id}#`, 1);
  };
  const leave = (id: string): void => {
    subscribers.set("all", subscribers.get("all")! - 1);
    subscribers.delete(`own*${id}#`);
  };
  for (const id of ["me", ...servers]) join(id);
  subscribers.set("all", subscribers.get("all")! + older);
  const roster = new Roster({
    uid: "me",
    channel: "all",
    ownStart: "own*",
    idPattern: "?",
    count: (channels) => {
      counted.push(channels);
      return Promise.resolve(channels.map((channel) => subscribers.get(channel) ?? 0));
    },
    list: (pattern) => {
      listings.push(pattern);
      if (faults.list !== undefined) return Promise.reject(faults.list);
      return Promise.resolve([...subscribers.keys()].filter((channel) => channel.startsWith("own*")));
    },
  });
  return { roster, subscribers, counted, listings, faults, join, leave };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A question, once it is known who is there, and those that have answered it. */
async function ask(roster: Roster, ...answers: (string | undefined)[]): Promise<Expectation> {
  const question = await roster.expectation();
  await turn();
  for (const from of answers) question.answered(from);
  return question;
}

describe("a question over Redis", () => {
  test("names who has not answered", async () => {
    const { roster } = start(["a", "b", "c"]);
    const question = await ask(roster, "b");
    assert.deepEqual([question.missing, question.missingServers], [2, ["a", "c"]]);
    assert.equal(question.timeoutMessage(), "timeout reached: only 1 responses received out of 3");
  });

  test("names who ended before it was answered", async () => {
    const { roster, leave } = start(["a", "b"]);
    const question = await ask(roster, "a");
    leave("b");
    assert.deepEqual(question.missingServers, ["b"]);
  });

  test("does not name who had left before, nor asks for it again", async () => {
    const { roster, counted, leave } = start(["a", "b", "c"]);
    await ask(roster);
    leave("b");
    const question = await ask(roster, "a");
    assert.deepEqual([question.missing, question.missingServers], [1, ["c"]]);
    await ask(roster);
    assert.deepEqual(counted.at(-1), ["all", "own*a#", "own*c#"]);
  });

  test("counts one answer of a server, however often it gives it", async () => {
    const { roster } = start(["a", "b"]);
    const question = await ask(roster, "a", "a");
    assert.deepEqual([question.missing, question.missingServers], [1, ["b"]]);
  });

  test("has all channels looked through only if there are more servers than are known", async () => {
    const { roster, listings, join } = start(["a"]);
    await ask(roster);
    await ask(roster);
    assert.deepEqual(listings, [String.raw`own\*?#`]);
    join("b");
    assert.deepEqual((await ask(roster)).missingServers, ["a", "b"]);
    await ask(roster);
    assert.equal(listings.length, 2);
  });

  test("has them looked through once for questions of the same time", async () => {
    const { roster, listings } = start(["a"]);
    const questions = await Promise.all([roster.expectation(), roster.expectation()]);
    await turn();
    assert.deepEqual(
      questions.map(({ missingServers }) => missingServers),
      [["a"], ["a"]],
    );
    assert.equal(listings.length, 1);
  });

  test("looks in vain for servers without a channel of their own once only", async () => {
    const { roster, listings } = start(["a"], { older: 2 });
    for (let time = 0; time < 3; time++) {
      const question = await ask(roster);
      assert.deepEqual([question.missing, question.missingServers], [3, ["a"]]);
    }
    assert.equal(listings.length, 1);
  });

  test("names only who is known to sign, once somebody has answered without a name", async () => {
    const { roster } = start(["a", "b", "c"]);
    assert.deepEqual((await ask(roster, "a", undefined)).missingServers, []);
    assert.deepEqual((await ask(roster, undefined)).missingServers, ["a"]);
  });

  test("names only who is known to sign, where rooms look like servers", async () => {
    const { roster, subscribers, join } = start(["a", "b"]);
    await ask(roster, "a");
    join("c");
    for (const room of ["r", "s"]) subscribers.set(`own*${room}#`, 1);
    const question = await ask(roster);
    assert.deepEqual([question.missing, question.missingServers], [3, ["a"]]);
  });

  test("counts where the names cannot be had", async () => {
    const { roster, faults } = start(["a", "b"]);
    faults.list = new Error("Redis is busy");
    const question = await ask(roster, "a");
    assert.deepEqual([question.missing, question.missingServers], [1, []]);
    // From its answer it is known that there is one.
    assert.deepEqual((await ask(roster, "b")).missingServers, ["a"]);
  });
});
