import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Roster, type Member } from "../src/cluster/roster.ts";

const SECRET = "secret_of_thirty_two_characters_";
const member = (id: string): Member => ({ id, host: "10.0.0.1", port: 1234, secret: SECRET });

interface Server {
  readonly roster: Roster;
  readonly gone: string[];
}

/** Servers on one bus, which carries everything to all of them, in order. */
function servers(...ids: readonly string[]): Server[] {
  return ids.map((id) => {
    const gone: string[] = [];
    return { roster: new Roster(member(id), "/path/", (one) => gone.push(one.id)), gone };
  });
}

function publish(all: readonly Server[], message: string): void {
  for (const { roster } of all) if (roster.receive(message) === "hello") publish(all, roster.heartbeat());
}

describe("who is in the cluster", () => {
  test("servers that greet know each other with address and secret", () => {
    const all = servers("server-a", "server-b", "server-c");
    for (const { roster } of all) publish(all, roster.hello());
    for (const [at, { roster }] of all.entries()) {
      const known = ["server-a", "server-b", "server-c"].filter((id) => roster.find(id) !== undefined);
      assert.deepEqual(known.length, 2);
      assert.equal(roster.find(["server-a", "server-b", "server-c"][at]!), undefined, "nobody asks itself");
    }
    const { host, port, secret } = all[0]!.roster.find("server-b")!;
    assert.deepEqual({ host, port, secret }, { host: "10.0.0.1", port: 1234, secret: SECRET });
  });

  test("a server that says goodbye is unknown at once, and is not reported as lost", () => {
    const [a, b] = servers("server-a", "server-b") as [Server, Server];
    publish([a, b], a.roster.hello());
    publish([a, b], b.roster.bye());
    assert.equal(a.roster.find("server-b"), undefined);
    assert.deepEqual(a.gone, []);
  });

  test("a server that is silent for three heartbeats of another is lost", () => {
    const [a, b] = servers("server-a", "server-b") as [Server, Server];
    publish([a, b], a.roster.hello());
    publish([a], a.roster.heartbeat());
    publish([a], a.roster.heartbeat());
    publish([a, b], b.roster.heartbeat());
    publish([a], a.roster.heartbeat());
    publish([a], a.roster.heartbeat());
    assert.deepEqual(a.gone, []);
    publish([a], a.roster.heartbeat());
    assert.deepEqual(a.gone, ["server-b"]);
    assert.equal(a.roster.find("server-b"), undefined);
  });

  test("while the bus carries nothing, nobody is lost", () => {
    const [a, b] = servers("server-a", "server-b") as [Server, Server];
    publish([a, b], a.roster.hello());
    // Published, and never heard.
    for (let beat = 0; beat < 10; beat++) a.roster.heartbeat();
    publish([a, b], a.roster.heartbeat());
    publish([a, b], b.roster.heartbeat());
    assert.ok(a.roster.find("server-b"));
    assert.deepEqual(a.gone, []);
  });

  test("servers of another path are none of ours", () => {
    const [a] = servers("server-a") as [Server];
    const other = new Roster(member("server-b"), "/other/", () => {});
    publish([a], other.hello());
    assert.equal(a.roster.find("server-b"), undefined);
  });

  test("what makes no sense is ignored", () => {
    const [a] = servers("server-a") as [Server];
    const good = { type: "hello", path: "/path/", ...member("server-b") };
    const bad: unknown[] = [
      null,
      1,
      [],
      { ...good, type: "own" },
      { ...good, id: "short" },
      { ...good, id: { length: 8 } },
      { ...good, port: "1234" },
      { ...good, port: 0.5 },
      { ...good, host: 7 },
      { ...good, secret: "a b c d e f g h i j k l m n" },
      { ...good, secret: "" },
    ];
    for (const one of bad) assert.equal(a.roster.receive(JSON.stringify(one)), undefined, JSON.stringify(one));
    assert.equal(a.roster.receive("{"), undefined);
    assert.equal(a.roster.size, 0);
    assert.equal(a.roster.receive(JSON.stringify(good)), "hello");
    assert.equal(a.roster.size, 1);
  });

  test("a bus full of invented servers does not fill the memory", () => {
    const [a] = servers("server-a") as [Server];
    for (let at = 0; at < 3000; at++)
      a.roster.receive(new Roster(member(`n${at + 1_000_000}`), "/path/", () => {}).hello());
    assert.ok(a.roster.size <= 1024, `${a.roster.size}`);
  });
});
