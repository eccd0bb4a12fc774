import assert from "node:assert/strict";
import test, { describe, mock, type TestContext } from "node:test";
import { MessageType, type ClusterMessage } from "socket.io-adapter";
import { PacketType, type Packet } from "socket.io-parser";
import { ClusterRequestError } from "../src/cluster/requests.ts";
import { Bus, CountingAdapter, FakeNamespace } from "./support.ts";

const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "", data });
const to = (...rooms: string[]) => ({ rooms: new Set(rooms), except: new Set<string>(), flags: {} });

interface Node {
  readonly nsp: FakeNamespace;
  readonly adapter: CountingAdapter;
}

/** Servers with one socket each, `s0` and so on, all of them in the room `all`. */
function cluster(count: number, opts?: object, bus = new Bus()) {
  const nodes = Array.from({ length: count }, (_, index): Node => {
    const nsp = new FakeNamespace("/", opts);
    const adapter = new CountingAdapter(nsp, bus);
    nsp.add(adapter, `s${index}`, "all");
    return { nsp, adapter };
  });
  const received = (index: number): unknown[][] => nodes[index]!.nsp.sockets.get(`s${index}`)!.received;
  return { bus, nodes, received, first: nodes[0]!, second: nodes[1]! };
}

function useTimers(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setTimeout"] });
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("ids of adapters are 16 hexadecimal digits, each of its own", () => {
  const { nodes } = cluster(2);
  for (const { adapter } of nodes) assert.match(adapter.id, /^[0-9a-f]{16}$/);
  assert.notEqual(nodes[0]!.adapter.id, nodes[1]!.adapter.id);
});

describe("a broadcast", () => {
  test("reaches the targets of all servers, and travels without namespace and id of the packet", () => {
    const { bus, first, received } = cluster(3);
    first.adapter.broadcast(event("hello", 1), to("all"));
    for (const index of [0, 1, 2]) assert.deepEqual(received(index), [["hello", 1]]);
    assert.deepEqual(bus.sent, [
      {
        type: 3,
        data: {
          packet: { type: 2, data: ["hello", 1] },
          opts: { rooms: ["all"], except: [], flags: {} },
        },
        uid: first.adapter.id,
        nsp: "/",
      },
    ]);
  });

  test("leaves out who is in an excepted room, on every server", () => {
    const { first, received } = cluster(3);
    first.adapter.broadcast(event("x"), { ...to("all"), except: new Set(["s1"]) });
    assert.deepEqual([received(0), received(1), received(2)], [[["x"]], [], [["x"]]]);
  });

  test("with the flag `local` stays on its server", () => {
    const { bus, first, received } = cluster(2);
    first.adapter.broadcast(event("x"), { ...to(), flags: { local: true } });
    assert.deepEqual([received(0), received(1), bus.sent], [[["x"]], [], []]);
  });

  test("reaches the sockets of its own server when the transport fails", async () => {
    const { bus, first, received } = cluster(2);
    bus.fails = true;
    first.adapter.broadcast(event("x"), to());
    await settled();
    assert.deepEqual([received(0), received(1)], [[["x"]], []]);
  });

  test("and whatever else did not leave is told by `publish_error`, with the name of the method", async () => {
    const { bus, first } = cluster(2);
    bus.fails = true;
    const told: unknown[] = [];
    first.adapter.on("publish_error", (error: unknown, operation: string) => {
      assert.ok(error instanceof Error);
      told.push(operation);
    });
    first.adapter.broadcast(event("x"), to());
    first.adapter.addSockets(to("nobody"), ["a"]);
    first.adapter.delSockets(to("nobody"), ["a"]);
    first.adapter.disconnectSockets(to("nobody"), true);
    first.adapter.serverSideEmit(["x"]);
    await settled();
    assert.deepEqual(told, ["broadcast", "socketsJoin", "socketsLeave", "disconnectSockets", "serverSideEmit"]);
  });

  test("of another namespace, or of one's own, is not delivered", () => {
    const { bus, first, received } = cluster(1);
    const message = { type: MessageType.BROADCAST, data: { packet: event("x"), opts: to() }, uid: "a", nsp: "/other" };
    void bus.publish(message as unknown as ClusterMessage);
    void bus.publish({ ...message, uid: first.adapter.id, nsp: "/" } as unknown as ClusterMessage);
    assert.deepEqual(received(0), []);
  });

  test("with answers: each server tells how many clients it has, and each answer comes through", () => {
    const { first, nodes, bus } = cluster(3);
    const counts: number[] = [];
    const answers: unknown[] = [];
    first.adapter.broadcastWithAck(
      event("q"),
      { ...to("all"), flags: { timeout: 500 } },
      (count) => counts.push(count),
      (answer) => answers.push(answer),
    );
    nodes.forEach(({ nsp }, index) => [...nsp.sockets.values()][0]!.acks.get(0)!(`from ${index}`));
    assert.deepEqual(
      [counts, answers],
      [
        [1, 1, 1],
        ["from 0", "from 1", "from 2"],
      ],
    );
    assert.deepEqual(
      bus.sent.map(({ type }) => MessageType[type]),
      ["BROADCAST", "BROADCAST_CLIENT_COUNT", "BROADCAST_CLIENT_COUNT", "BROADCAST_ACK", "BROADCAST_ACK"],
    );
  });

  test("with answers: those that come after its time are not handed on", (t) => {
    useTimers(t);
    const { first, second } = cluster(2);
    const answers: unknown[] = [];
    first.adapter.broadcastWithAck(
      event("q"),
      { ...to("s1"), flags: { timeout: 500 } },
      () => {},
      (answer) => answers.push(answer),
    );
    t.mock.timers.tick(500);
    second.nsp.sockets.get("s1")!.acks.get(0)!("late");
    assert.deepEqual(answers, []);
  });
});

describe("with connection state recovery", () => {
  const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 1000 } };

  test("the offset of the message is the last argument, on every server, and once", async () => {
    const { first, received } = cluster(2, recovery);
    const packet = event("x", 1);
    first.adapter.broadcast(packet, to());
    await settled();
    assert.deepEqual([received(0), received(1)], [[["x", 1, "o0"]], [["x", 1, "o0"]]]);
  });

  test("volatile packets and those that want answers have none", async () => {
    const { first, received } = cluster(2, recovery);
    first.adapter.broadcast(event("v"), { ...to(), flags: { volatile: true } });
    first.adapter.broadcastWithAck(
      event("q"),
      { ...to(), flags: { timeout: 5 } },
      () => {},
      () => {},
    );
    await settled();
    for (const index of [0, 1]) assert.deepEqual(received(index), [["v"], ["q"]]);
  });

  test("what a server emits reaches its own sockets in that order, whatever waits for its offset", async () => {
    const { first, received } = cluster(2, recovery);
    first.adapter.broadcast(event("one"), to());
    first.adapter.broadcast(event("two"), { ...to(), flags: { volatile: true } });
    first.adapter.broadcast(event("three"), { ...to(), flags: { local: true } });
    first.adapter.broadcastWithAck(
      event("four"),
      { ...to(), flags: { timeout: 5 } },
      () => {},
      () => {},
    );
    await settled();
    first.adapter.broadcast(event("five"), { ...to(), flags: { volatile: true } });
    assert.deepEqual(
      received(0).map(([name]) => name),
      ["one", "two", "three", "four", "five"],
    );
  });

  test("a packet that could not be published is delivered without an offset", async () => {
    const { bus, first, received } = cluster(1, recovery);
    bus.fails = true;
    first.adapter.broadcast(event("x"), to());
    await settled();
    assert.deepEqual(received(0), [["x"]]);
  });
});

describe("operations on sockets", () => {
  test("joins, leaves and disconnections happen on all servers, and with `local` on this one", () => {
    const { first, nodes } = cluster(2);
    const rooms = (): string[][] => nodes.map(({ adapter }, index) => [...adapter.sids.get(`s${index}`)!]);
    first.adapter.addSockets(to("all"), ["a", "b"]);
    assert.deepEqual(rooms(), [
      ["s0", "all", "a", "b"],
      ["s1", "all", "a", "b"],
    ]);
    first.adapter.delSockets(to("all"), ["b"]);
    first.adapter.delSockets({ ...to("all"), flags: { local: true } }, ["a"]);
    assert.deepEqual(rooms(), [
      ["s0", "all"],
      ["s1", "all", "a"],
    ]);
    first.adapter.disconnectSockets({ ...to("all"), except: new Set(["s0"]) }, true);
    assert.deepEqual(
      nodes.map(({ nsp }, index) => nsp.sockets.get(`s${index}`)!.log),
      [[], [["disconnect", true]]],
    );
  });
});

describe("fetchSockets", () => {
  test("finds the sockets of all servers: its own as they are, others by their details", async () => {
    const { first } = cluster(2);
    const sockets = (await first.adapter.fetchSockets(to("all"))) as { id: string }[];
    assert.equal(sockets[0], first.nsp.sockets.get("s0"));
    assert.deepEqual(sockets[1], { id: "s1", handshake: { url: "/?s1" }, rooms: ["s1", "all"], data: { name: "s1" } });
    assert.equal(sockets.length, 2);
  });

  test("takes an answer of more sockets than a call may have arguments", async () => {
    const { bus, first, second } = cluster(2);
    bus.cut.add(second.adapter.id);
    const found = first.adapter.fetchSockets(to("all"));
    await settled();
    const { data } = bus.sent.at(-1) as ClusterMessage & { type: MessageType.FETCH_SOCKETS };
    const sockets = Array.from({ length: 200_000 }, (_, at) => ({ id: `${at}`, handshake: {}, rooms: [], data: {} }));
    const { requestId } = data;
    first.adapter.receive({
      type: MessageType.FETCH_SOCKETS_RESPONSE,
      uid: "other",
      nsp: "/",
      data: { requestId, sockets },
    });
    assert.equal((await found).length, 1 + sockets.length);
  });

  test("fails with more sockets of its own than a call may have arguments, before those of others", () => {
    const error = new ClusterRequestError("late", ["theirs"], []);
    error.precede(Array.from({ length: 200_000 }, (_, at) => at));
    assert.equal(error.responses.length, 200_001);
    assert.deepEqual([error.responses[0], error.responses.at(-1)], [0, "theirs"]);
  });

  test("asks nobody if it is the only server, or with the flag `local`", async () => {
    const alone = cluster(1);
    assert.equal((await alone.first.adapter.fetchSockets(to())).length, 1);
    const two = cluster(2);
    assert.equal((await two.first.adapter.fetchSockets({ ...to(), flags: { local: true } })).length, 1);
    assert.deepEqual([...alone.bus.sent, ...two.bus.sent], []);
  });

  test("after 5 s, or the given time, it rejects with the sockets that were found", async (t) => {
    useTimers(t);
    for (const [flags, ms] of [
      [{}, 5000],
      [{ timeout: 300 }, 300],
    ] as const) {
      const { bus, first, nodes } = cluster(3);
      bus.cut.add(nodes[2]!.adapter.id);
      const fetched = first.adapter.fetchSockets({ ...to("all"), flags });
      const failed = assert.rejects(fetched, (error: Error & { responses: { id: string }[] }) => {
        assert.equal(error.message, "timeout reached: only 1 responses received out of 2");
        assert.deepEqual(
          error.responses.map(({ id }) => id),
          ["s0", "s1"],
        );
        return true;
      });
      await settled();
      t.mock.timers.tick(ms - 1);
      assert.equal(first.adapter._requests.size, 1);
      t.mock.timers.tick(1);
      await failed;
      assert.equal(first.adapter._requests.size, 0);
    }
  });

  test("two answers of one server count once", async (t) => {
    useTimers(t);
    const { bus, first, nodes } = cluster(3);
    bus.cut.add(nodes[2]!.adapter.id);
    const fetched = first.adapter.fetchSockets(to("all"));
    fetched.catch(() => {});
    await settled();
    const answer = bus.sent.find(({ type }) => type === MessageType.FETCH_SOCKETS_RESPONSE);
    first.adapter.receive(structuredClone(answer!));
    assert.equal(first.adapter._requests.size, 1);
    await first.adapter.close();
    await assert.rejects(fetched, /the adapter was closed/);
  });
});

describe("sockets", () => {
  test("tells the ids of all servers, in rooms too", async () => {
    const { first, nodes } = cluster(3);
    await nodes[1]!.adapter.addAll("s1", new Set(["general"]));
    assert.deepEqual(await first.adapter.sockets(new Set()), new Set(["s0", "s1", "s2"]));
    assert.deepEqual(await first.adapter.sockets(new Set(["general"])), new Set(["s1"]));
    assert.deepEqual(await first.adapter.sockets(new Set(["empty"])), new Set());
  });

  test("after 5 s it rejects with the ids that were found", async (t) => {
    useTimers(t);
    const { bus, first, nodes } = cluster(3);
    bus.cut.add(nodes[2]!.adapter.id);
    const failed = assert.rejects(first.adapter.sockets(new Set()), (error: ClusterRequestError) => {
      assert.deepEqual(error.responses, ["s0", "s1"]);
      return true;
    });
    await settled();
    t.mock.timers.tick(5000);
    await failed;
  });

  test("rejects with the error of a subclass that looks for sockets by itself", async () => {
    const { first } = cluster(2);
    first.adapter.fetchSockets = () => Promise.reject(new Error("far away"));
    await assert.rejects(first.adapter.sockets(new Set()), /^Error: far away$/);
  });
});

describe("serverSideEmit", () => {
  test("reaches the namespace of the other servers, and not one's own", () => {
    const { nodes, first } = cluster(3);
    const heard: unknown[] = [];
    nodes.forEach(({ nsp }, index) => nsp.on("ping", (...args: unknown[]) => heard.push([index, ...args])));
    first.adapter.serverSideEmit(["ping", 1, { a: 2 }]);
    assert.deepEqual(heard, [
      [1, 1, { a: 2 }],
      [2, 1, { a: 2 }],
    ]);
  });

  test("with a function collects one answer of each server", async () => {
    const { nodes, first } = cluster(3);
    nodes.forEach(({ nsp }, index) =>
      nsp.on("sum", (a: number, b: number, answer: (value: number) => void) => {
        answer(a + b + index);
        answer(0);
      }),
    );
    const ack = mock.fn<(error: Error | null, responses: unknown[]) => void>();
    first.adapter.serverSideEmit(["sum", 1, 2, ack]);
    await settled();
    assert.deepEqual(
      ack.mock.calls.map(({ arguments: args }) => args),
      [[null, [4, 5]]],
    );
  });

  test("with a function, and nobody else there, calls it with no answers", async () => {
    const { first } = cluster(1);
    const ack = mock.fn<(error: Error | null, responses: unknown[]) => void>();
    first.adapter.serverSideEmit(["sum", ack]);
    await settled();
    assert.deepEqual(ack.mock.calls[0]!.arguments, [null, []]);
  });

  test("with a function is told after 5 s who did not answer", async (t) => {
    useTimers(t);
    const { nodes, first } = cluster(3);
    nodes[1]!.nsp.on("q", (answer: (value: string) => void) => answer("yes"));
    const ack = mock.fn<(error: Error | null, responses: unknown[]) => void>();
    first.adapter.serverSideEmit(["q", ack]);
    await settled();
    t.mock.timers.tick(5000);
    await settled();
    const [error, responses] = ack.mock.calls[0]!.arguments;
    assert.equal(error!.message, "timeout reached: only 1 responses received out of 2");
    assert.deepEqual(responses, ["yes"]);
  });
});

describe("questions while the other servers cannot be counted", () => {
  for (const [how, count, message] of [
    ["the transport fails", () => Promise.reject(new Error("down")), "the other servers are not known"],
    [
      "the transport is silent",
      () => new Promise<number>(() => {}),
      "timeout reached: the other servers are not known",
    ],
  ] as const) {
    test(`end within their time, with what is known here: ${how}`, async (t) => {
      useTimers(t);
      const { bus, first } = cluster(2);
      first.adapter.serverCount = count;
      const fetched = assert.rejects(first.adapter.fetchSockets(to()), (error: Error & { responses: unknown[] }) => {
        assert.equal(error.message, message);
        assert.deepEqual(error.responses, [first.nsp.sockets.get("s0")]);
        return true;
      });
      const ack = mock.fn<(error: Error | null, responses: unknown[]) => void>();
      first.adapter.serverSideEmit(["q", ack]);
      await settled();
      t.mock.timers.tick(5000);
      await fetched;
      await settled();
      const [[error, responses]] = ack.mock.calls.map(({ arguments: args }) => args) as [[Error, unknown[]]];
      assert.deepEqual([error.message, responses], [message, []]);
      assert.deepEqual([bus.sent, first.adapter._requests.size], [[], 0]);
    });
  }

  test("a count that comes too late asks nobody", async (t) => {
    useTimers(t);
    const { bus, first } = cluster(2);
    let tell = (_count: number): void => {};
    first.adapter.serverCount = () => new Promise((resolve) => (tell = resolve));
    const fetched = assert.rejects(first.adapter.fetchSockets(to()));
    await settled();
    t.mock.timers.tick(5000);
    await fetched;
    tell(2);
    await settled();
    assert.deepEqual(bus.sent, []);
  });
});

describe("messages that make no sense", () => {
  const target = { rooms: [], except: [], flags: {} };
  const messages: unknown[] = [
    {},
    { type: "3" },
    { type: 99, data: {} },
    { type: 3 },
    { type: 3, data: null },
    { type: 3, data: { opts: target } },
    { type: 3, data: { opts: target, packet: { type: 2 } } },
    { type: 3, data: { opts: target, packet: { type: 2, data: [{}] } } },
    { type: 3, data: { opts: { rooms: 5 }, packet: { type: 2, data: ["x"] } } },
    { type: 4, data: { opts: target } },
    { type: 6, data: { opts: "all" } },
    { type: 7, data: { opts: target } },
    { type: 8, data: { requestId: "unknown", sockets: 1 } },
    { type: 8, data: { requestId: "unknown", sockets: [] } },
    { type: 9, data: { packet: {} } },
    { type: 10, data: {} },
    { type: 11, data: { requestId: "unknown", clientCount: "1" } },
    { type: 12, data: { requestId: "unknown" } },
  ];

  test("are ignored", () => {
    const { first, received } = cluster(1);
    for (const message of messages) {
      first.adapter.receive({ uid: "other", nsp: "/", ...(message as object) } as ClusterMessage);
    }
    assert.deepEqual(received(0), []);
    assert.deepEqual([...first.adapter.sids.get("s0")!], ["s0", "all"]);
  });

  test("a target without rooms or except means everybody", () => {
    const { first, received } = cluster(1);
    const data = { opts: {}, packet: { type: 5, data: ["x"] } };
    first.adapter.receive({ uid: "emitter", nsp: "/", type: 3, data } as unknown as ClusterMessage);
    assert.deepEqual(received(0), [["x"]]);
  });
});
