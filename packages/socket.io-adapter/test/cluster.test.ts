import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { MessageType, type ClusterMessage } from "socket.io-adapter";
import { cluster, settled, to, useTimers, event } from "./support.ts";

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
