import assert from "node:assert/strict";
import test, { describe, mock } from "node:test";
import { MessageType, type ClusterMessage } from "socket.io-adapter";
import { ClusterRequestError } from "../src/cluster/requests.ts";
import { cluster, settled, to, useTimers } from "./support.ts";

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
