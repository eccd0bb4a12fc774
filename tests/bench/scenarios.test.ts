import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test, type TestContext } from "node:test";
import { LOADS, VISITS } from "../../bench/load/table.ts";
import { connectSocketIo } from "../../bench/client/socket-io.ts";
import { repeat, type ClientOrder, type Connect, type Connection } from "../../bench/client/work.ts";
import { connectWs } from "../../bench/client/ws.ts";
import { packageOf, sharedPackage } from "../../bench/makers.ts";
import { buildPrograms } from "../../bench/programs.ts";
import { end, startServer, type ServerProcess } from "../../bench/scenarios/processes.ts";
import type { Pace } from "../../bench/scenarios/scenario.ts";
import { SCENARIOS } from "../../bench/scenarios/table.ts";
import { settingOf, type Needs, type TargetName } from "../../bench/targets.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { runtime } from "../support/runtimes.ts";

/* That each load gets what it counts from each target that it is used with. */

interface Body {
  readonly seq: number;
}
const TEXT = "the quick brown fox jumps over the dog";
const bodyOf = (seq: number): object => ({ seq, user: "alice", room: "general", text: TEXT });

/** Runs until the test is over. */
async function serverOf(t: TestContext, target: TargetName, needs: Needs = {}): Promise<ServerProcess> {
  const server = await startServer(settingOf(target, needs), []);
  t.after(() => end(server.child));
  return server;
}
before(buildPrograms);

interface Got {
  readonly messages: readonly Buffer[];
  /** By all clients, when the load was looked at. */
  readonly seen: number;
  /** By the load, at that moment. */
  readonly counted: number;
}

/** The first messages that the clients of a load get. */
async function firstOf(load: string, ports: readonly number[], clients: number, count: number): Promise<Got> {
  const messages: Buffer[] = [];
  let complete = (): void => {};
  const isComplete = new Promise<void>((resolve) => (complete = resolve));
  const observe = (_: number, payload: Buffer): void => {
    if (messages.push(Buffer.from(payload)) === count) complete();
  };
  const started = await LOADS[load]!({ ports, clients, observe });
  // Goes on when the load has counted all that came with the last.
  await isComplete;
  const [seen, counted] = [messages.length, started.messages()];
  started.stop();
  return { messages: messages.slice(0, count), seen, counted };
}

/** Of a load that only curves use: both makers. */
const targetsOf = (name: string): readonly TargetName[] =>
  SCENARIOS.find((one) => one.name === name)?.targets ?? ["ours", "upstream"];

describe("the loads of a bench", () => {
  const servers = new Map<TargetName, ServerProcess>();
  before(async () => {
    for (const target of ["ours", "upstream", "ws", "net", "net-cork", "http"] as const) {
      servers.set(target, await startServer(settingOf(target), []));
    }
  });
  after(() => end(...[...servers.values()].map(({ child }) => child)));
  const portOf = (target: TargetName): number => servers.get(target)!.port;

  for (const [name, count, batch] of [
    ["echo-ack", 30, 1],
    ["echo-pipe", 60, 10],
    ["polling-echo", 10, 1],
  ] as const) {
    test(`${name}: every event comes back with its acknowledgement, in order`, async () => {
      for (const target of targetsOf(name)) {
        const { messages, seen, counted } = await firstOf(name, [portOf(target)], 1, count);
        const variety = name === "polling-echo" ? 20 : 900;
        const expected = messages.map(
          (_, at) => `43${100 + (at % variety)}${JSON.stringify([bodyOf(1_000_000 + at)])}`,
        );
        assert.deepEqual(messages.map(String), expected, target);
        // Of the last write only a part may have been answered.
        assert.equal(counted, seen - (seen % batch), target);
      }
    });
  }

  test("echo-big: 16 KiB of text come back", async () => {
    for (const target of targetsOf("echo-big")) {
      const { messages, seen, counted } = await firstOf("echo-big", [portOf(target)], 1, 12);
      messages.forEach((message, at) => {
        assert.equal(message.toString("latin1", 0, 5), `43${100 + (at % 10)}`, target);
        const [text] = JSON.parse(message.toString("utf8", 5)) as [string];
        assert.equal(text, `${TEXT} `.repeat(421).slice(0, 16_384), target);
      });
      assert.equal(counted, seen, target);
    }
  });

  test("binary-echo: a Buffer of 1 KiB comes back", async () => {
    let attachment: Buffer | undefined;
    for (const target of targetsOf("binary-echo")) {
      const { messages, seen, counted } = await firstOf("binary-echo", [portOf(target)], 1, 20);
      for (let at = 0; at < messages.length; at += 2) {
        assert.equal(String(messages[at]), `461-${100 + at / 2}[{"_placeholder":true,"num":0}]`, target);
        assert.equal(messages[at + 1]!.length, 1024);
        attachment ??= messages[at + 1]!;
        assert.deepEqual(messages[at + 1], attachment, target);
      }
      assert.equal(counted, Math.floor(seen / 2), target);
    }
  });

  for (const [name, perRound] of [
    ["broadcast", 1],
    ["burst", 10],
    ["rooms", 1],
    ["one-room", 1],
  ] as const) {
    test(`${name}: everyone it is meant for gets each event once`, async () => {
      const clients = 20;
      for (const target of targetsOf(name)) {
        const count = 3 * clients * perRound;
        const { messages, seen, counted } = await firstOf(name, [portOf(target)], clients, count);
        assert.equal(counted, seen, target);
        const seqs = messages.map((message) => {
          const [event, body] = JSON.parse(message.toString("latin1", 2)) as [string, Body];
          assert.deepEqual([message.toString("latin1", 0, 2), event, body], ["42", "msg", bodyOf(body.seq)], target);
          return body.seq;
        });
        const isFloor = target !== "ours" && target !== "upstream";
        // An event reaches all, or the ten of a room; events of floors are all the same.
        const receivers = isFloor ? count : name.includes("room") ? 10 : clients;
        for (const seq of new Set(seqs)) assert.equal(seqs.filter((one) => one === seq).length, receivers, target);
        if (!isFloor) assert.equal(new Set(seqs).size, count / receivers, target);
      }
    });
  }

  for (const name of ["connect-ws", "connect-upgrade", "connect-poll"] as const) {
    test(`${name}: a client joins the namespace, and after an upgrade an event is acknowledged`, async () => {
      for (const target of targetsOf(name)) {
        const heardOf: string[] = [];
        const visitor = await VISITS[name]!(portOf(target), (_, payload) => void heardOf.push(String(payload)));
        visitor.close();
        const kinds = heardOf.map((message) => /^4[03]|^6/.exec(message)?.[0]);
        // How often a GET is sent on its way without a message is the server's choice.
        const once = kinds.filter((kind) => kind !== "6");
        assert.deepEqual(
          once,
          { "connect-ws": [], "connect-upgrade": ["40", "43"], "connect-poll": ["40"] }[name],
          target,
        );
      }
    });
  }

  test("msgpack-echo: every event comes back with its acknowledgement", async (t) => {
    const peers = createRequire(new URL("../../peers/package.json", import.meta.url));
    const parser = peers("socket.io-msgpack-parser") as typeof import("socket.io-msgpack-parser");
    for (const target of targetsOf("msgpack-echo")) {
      const server = await serverOf(t, target, { msgpack: true });
      const { messages, seen, counted } = await firstOf("msgpack-echo", [server.port], 1, 10);
      const decoder = new parser.Decoder();
      const decoded: unknown[] = [];
      decoder.on("decoded", ({ type, id, data }) => decoded.push({ type, id, data }));
      for (const message of messages) decoder.add(message);
      const expected = messages.map((_, at) => ({ type: 3, id: 100 + at, data: [bodyOf(1_000_000 + at)] }));
      assert.deepEqual(decoded, expected, target);
      assert.equal(counted, seen, target);
    }
  });

  test("heartbeat: what is counted are pings, of which the next comes only if the last was answered", async (t) => {
    for (const target of targetsOf("heartbeat")) {
      const server = await serverOf(t, target, { options: () => ({ pingInterval: 20 }) });
      const { messages, seen, counted } = await firstOf("heartbeat", [server.port], 3, 30);
      assert.deepEqual(new Set(messages.map(String)), new Set(["2"]), target);
      assert.equal(counted, seen, target);
    }
  });

  test("redis-broadcast: the clients of both servers get every event once", { skip: withoutRedis }, async (t) => {
    const redis = await RedisServer.start();
    t.after(() => redis.stop());
    for (const target of targetsOf("redis-broadcast")) {
      const setting = settingOf(target, { redisPort: redis.port });
      const both = await Promise.all([startServer(setting, []), startServer(setting, [])]);
      const { messages, seen, counted } = await firstOf(
        "redis-broadcast",
        both.map(({ port }) => port),
        10,
        60,
      );
      assert.equal(counted, seen, target);
      const seqs = messages.map((message) => (JSON.parse(message.toString("latin1", 2)) as [string, Body])[1].seq);
      const expected = target === "net" ? [60] : [20, 20, 20];
      const times = [...new Set(seqs)].map((seq) => seqs.filter((one) => one === seq).length);
      assert.deepEqual(times, expected, target);
      await end(...both.map(({ child }) => child));
    }
  });
});

const uws = runtime("uwebsockets");

describe("the loads of a bench over uWebSockets.js", { skip: uws.skip }, () => {
  test("get what they count from both makers", async (t) => {
    for (const target of ["ours-uws", "upstream-uws"] as const) {
      const server = await serverOf(t, target);
      for (const [load, batch] of [
        ["echo-ack", 1],
        ["binary-echo", 2],
        ["broadcast", 1],
        ["polling-echo", 1],
      ] as const) {
        const { seen, counted } = await firstOf(load, [server.port], 10, 40);
        assert.equal(counted, Math.floor(seen / batch), `${target} ${load}`);
      }
      for (const visit of Object.values(VISITS)) (await visit(server.port)).close();
    }
  });
});

describe("the clients of a bench", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServer(settingOf("upstream"), []);
  });
  after(() => end(server.child));

  for (const work of ["echo", "recv", "connect"] as const) {
    test(`${work}: all that is counted is done, by each client and way of transport`, async () => {
      const order = { kind: "socket.io", work, sockets: 4, count: 10, port: server.port } as const;
      for (const maker of ["ours", "upstream"] as const) {
        for (const transport of ["websocket", "polling"] as const) {
          const one = { ...order, transport, package: packageOf(maker, "socket.io-client") };
          await assertDone(one, connectSocketIo(one));
        }
      }
      const floor = { ...order, kind: "ws", transport: "websocket", package: sharedPackage("ws") } as const;
      await assertDone(floor, connectWs(floor));
    });
  }

  /** Each of four sockets does its part: the whole of ten is done, and a part more. */
  async function assertDone(order: ClientOrder, connect: Connect): Promise<void> {
    let [opened, answered, received] = [0, 0, 0];
    const connections: Connection[] = [];
    const work = await repeat(order, async () => {
      const connection = await connect();
      opened++;
      connections.push(connection);
      return {
        echo: (done) => connection.echo(() => (answered++, done())),
        ask: (count, done) => connection.ask(count, () => (received++, done())),
        close: () => connection.close(),
      };
    });
    const counted = await work();
    connections.forEach((connection) => connection.close());
    const done = { echo: answered, recv: received, connect: opened }[order.work];
    assert.equal(counted, done, `${order.package.home} ${order.transport}`);
    assert.ok(done >= order.count);
  }
});

describe("the scenarios of a bench", () => {
  const pace: Pace = { warmUpMs: 20, measuredMs: 100, share: 0.01, flags: [] };

  for (const name of ["echo-ack", "connect-ws", "idle", "require", "client-recv"]) {
    test(`${name} gives a figure for each of its metrics`, async () => {
      const scenario = SCENARIOS.find((one) => one.name === name)!;
      const figures = await scenario.run("ours", pace);
      for (const metric of Object.keys(scenario.metrics))
        assert.ok(figures[metric]! > 0, `${metric} ${figures[metric]}`);
    });
  }
});
