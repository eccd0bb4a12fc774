import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import type { ServerOptions } from "socket.io";
import { VirtualTime } from "../../../tests/conformance/engine/virtual-time.ts";
import { BeatingAdapter, Bus, CountingAdapter, type FakeNamespace } from "../../socket.io-adapter/test/support.ts";
import { serve, ticks } from "./support/fake-engine.ts";

/*
 * Questions to a cluster of which one server does not answer.
 */

const time = VirtualTime.install();
beforeEach(() => time.reset());

type Adapters = typeof BeatingAdapter | typeof CountingAdapter;

/** Three servers with one client each; the last of them hears nothing any more, and is not heard. */
async function cluster(options: Partial<ServerOptions>, Adapter: Adapters = BeatingAdapter) {
  const bus = new Bus();
  const nodes = await Promise.all(
    [0, 1, 2].map(async (at) => {
      const adapter = function (nsp: unknown): BeatingAdapter | CountingAdapter {
        return new Adapter(nsp as FakeNamespace, bus);
      };
      const { io, engine, clock } = serve({ ...options, adapter: adapter as unknown as ServerOptions["adapter"] });
      const peer = engine.connect();
      const id = await peer.join();
      io.on("who" as never, ((answer: (value: string) => void) => answer(`server ${at}`)) as never);
      const { adapter: own } = io.of("/") as unknown as { adapter: BeatingAdapter };
      return { io, clock, peer, id, own };
    }),
  );
  const [first, , last] = nodes;
  bus.cut.add(last!.own.id);
  return { bus, nodes, io: first!.io, first: first!, last: last! };
}

type Cluster = Awaited<ReturnType<typeof cluster>>;

/** Each of the questions, and what comes of it where two of three have answered. */
const QUESTIONS: Record<string, { ask(cluster: Cluster): Promise<object>; expected(cluster: Cluster): unknown }> = {
  "fetchSockets()": {
    ask: ({ io }) => io.fetchSockets().then((sockets) => Object.assign(sockets, { ids: sockets.map(({ id }) => id) })),
    expected: ({ nodes }) => nodes.slice(0, 2).map(({ id }) => id),
  },
  "allSockets()": {
    ask: ({ io }) => io.allSockets(),
    expected: ({ nodes }) => nodes.slice(0, 2).map(({ id }) => id),
  },
  "serverSideEmitWithAck()": {
    ask: ({ io }) => io.serverSideEmitWithAck("who"),
    expected: () => ["server 1"],
  },
  "emitWithAck()": {
    ask: async ({ io, nodes, first }) => {
      const answers = io.timeout(5000).emitWithAck("hello");
      for (const { peer } of nodes) {
        const packet = peer.take().find((text) => String(text).includes("hello"));
        if (packet !== undefined) peer.receive(`3${/\d+/.exec(String(packet).slice(1))![0]}["hi"]`);
      }
      await ticks();
      first.clock.advance(5000);
      return answers as Promise<object>;
    },
    expected: () => ["hi", "hi"],
  },
};

const came = (answers: unknown): unknown[] => [...((answers as { ids?: unknown[] }).ids ?? (answers as unknown[]))];

async function ask(question: (typeof QUESTIONS)[string], all: Cluster): Promise<object> {
  const answers = question.ask(all);
  answers.catch(() => {});
  await ticks();
  time.advance(5000);
  return answers;
}

for (const [name, question] of Object.entries(QUESTIONS)) {
  test(`${name} rejects with what came and who is missing`, async () => {
    const all = await cluster({});
    await assert.rejects(ask(question, all), (error: { responses: { id: string }[]; missing: string[] }) => {
      assert.deepEqual(
        error.responses.map((response) => response.id ?? response),
        question.expected(all),
      );
      assert.deepEqual(error.missing, [all.last.own.id]);
      return true;
    });
  });

  test(`with partialAnswers ${name} resolves with what came, and it is known who is missing`, async () => {
    const all = await cluster({ partialAnswers: true });
    const answers = await ask(question, all);
    assert.deepEqual(came(answers), question.expected(all));
    assert.deepEqual(all.io.missingServers(answers), [all.last.own.id]);
  });

  test(`with partialAnswers ${name} is complete where all have answered`, async () => {
    const all = await cluster({ partialAnswers: true });
    all.bus.cut.clear();
    const answers = await ask(question, all);
    assert.equal(came(answers).length, name === "serverSideEmitWithAck()" ? 2 : 3);
    assert.equal(all.io.missingServers(answers), undefined);
  });
}

test("where servers are only counted, partial answers name none of them", async () => {
  const all = await cluster({ partialAnswers: true }, CountingAdapter);
  const answers = await ask(QUESTIONS["serverSideEmitWithAck()"]!, all);
  assert.deepEqual([came(answers), all.io.missingServers(answers)], [["server 1"], []]);
});

test("with partialAnswers, too, an error that says nothing of answers is an error", async () => {
  const { io } = await cluster({ partialAnswers: true });
  io.of("/").adapter.fetchSockets = () => Promise.reject(new Error("of another make"));
  await assert.rejects(io.fetchSockets(), /of another make/);
});

test("the answer of a single socket is never partial", async () => {
  const { bus, nodes, io } = await cluster({ partialAnswers: true });
  bus.cut.clear();
  const remote = (await io.fetchSockets()).find(({ id }) => id === nodes[1]!.id)!;
  const answer = remote.timeout(100).emitWithAck("hello");
  nodes[0]!.clock.advance(100);
  await assert.rejects(answer, /operation has timed out/);
});

test("emitWithAck() does not wait for a server that leaves without having told its clients", async () => {
  const all = await cluster({});
  const answers = all.io.timeout(60_000).emitWithAck("hello");
  for (const { peer } of all.nodes.slice(0, 2)) {
    const packet = peer.take().find((text) => String(text).includes("hello"));
    peer.receive(`3${/\d+/.exec(String(packet).slice(1))![0]}["hi"]`);
  }
  await ticks();
  time.advance(12_000);
  assert.deepEqual(await answers, ["hi", "hi"]);
});
