import fc from "fast-check";
import type { ClientStep, ParserName, Program, Recovery, Said, Setup, Step } from "../program.ts";
import { forMsgpack, type Plain } from "../values.ts";
import type { Way } from "../ways.ts";
import { args, event, index, nsp, weighted } from "./parts.ts";
import { keptEmit, onConnection, serverStep, socketsJoin, wholeStep } from "./server-steps.ts";

const client = fc.nat(2);
const said: fc.Arbitrary<Said> = fc.record({ event, args, ack: fc.boolean() });
const auth = fc.dictionary(fc.constantFrom("late", "fail", "x"), fc.constantFrom<Plain>(true, "refused", 1), {
  maxKeys: 2,
});
const connect: fc.Arbitrary<ClientStep> = fc.record({
  do: fc.constant("connect"),
  client,
  nsp,
  auth: fc.oneof(fc.constant({}), auth),
});

const clientStep = weighted<ClientStep>(
  [4, connect],
  [1, fc.record({ do: fc.constant("leave"), client, nsp })],
  [1, fc.record({ do: fc.constant("cut"), client })],
  [
    7,
    fc.record({
      do: fc.constant("say"),
      client,
      nsp,
      events: weighted([4, said.map((one) => [one])], [1, fc.array(said, { minLength: 2, maxLength: 4 })]),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("answer"),
      client,
      how: fc.constantFrom("at once", "twice", "never", "keep", "bytes", "nothing", "error"),
    }),
  ],
  [1, fc.record({ do: fc.constant("answer late"), client, which: index })],
);

const step = weighted<Step>(
  [6, serverStep],
  [4, clientStep],
  [0.3, wholeStep],
  [1, fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(1, 20, 200) })],
);

/** Somebody hears something, is cut off, misses something, and comes back. */
const absence: fc.Arbitrary<Step[]> = fc
  .record({
    client,
    nsp,
    args,
    before: fc.array(socketsJoin, { maxLength: 1 }),
    meanwhile: fc.array(weighted<Step>([4, keptEmit], [1, step]), { maxLength: 3 }),
  })
  .map(({ client, nsp, args, before, meanwhile }) => [
    { do: "connect", client, nsp, auth: {} },
    ...before,
    { do: "call", on: { nsp }, chain: [], action: { name: "emit", event: "e1", args, ack: false } },
    { do: "cut", client },
    ...meanwhile,
    { do: "connect", client, nsp, auth: {} },
  ]);
const single = step.map((one) => [one]);

/** Cut off for longer than this are those who stay away for the longest wait. */
const recovery = fc.record(
  { maxDisconnectionDuration: fc.constant(150.5), skipMiddlewares: fc.boolean() },
  { requiredKeys: ["maxDisconnectionDuration"] },
);

const way = weighted<Way>(
  [2, fc.constant("websocket")],
  [1, fc.constantFrom("polling", "upgrade")],
  [0.4, fc.constant("old")],
);
const ways = weighted([3, fc.tuple(way, way, way)], [1, fc.constant<Way[]>(["polling", "polling", "polling"])]);

/** The first steps let clients in, so that the others have something to work with. */
export const program: fc.Arbitrary<Program> = weighted(
  [2, programOf(fc.constant(null), fc.array(single, { minLength: 1, maxLength: 56, size: "max" }))],
  [1, programOf(recovery, fc.array(weighted([4, single], [1, absence]), { minLength: 1, maxLength: 24, size: "max" }))],
);

function programOf(
  recovery: fc.Arbitrary<Recovery | null>,
  rest: fc.Arbitrary<readonly (readonly Step[])[]>,
): fc.Arbitrary<Program> {
  return fc
    .record({
      setup: fc.record({
        cleanupEmptyChildNamespaces: fc.boolean(),
        connectTimeout: weighted<number | null>([3, fc.constant(null)], [1, fc.constant(150)]),
        parser: weighted<ParserName>([4, fc.constant("default")], [2, fc.constantFrom("msgpack", "text", "revived")]),
        areRemote: weighted([2, fc.constant(false)], [1, fc.constant(true)]),
        recovery,
        ways,
        onConnection,
      }),
      first: fc.array(connect, { minLength: 2, maxLength: 4 }),
      rest,
    })
    .map(({ setup, first, rest }) => ({ setup: possible(setup), steps: [...first, ...rest.flat()] }))
    .map((drawn) => (drawn.setup.parser === "msgpack" ? forMsgpack(drawn) : drawn));
}

/** Some settings exclude others: clients of Socket.IO 2 know nothing of sessions and parsers, sessions are kept by an adapter of their own, and for an upgrade time goes on. */
function possible(setup: Setup): Setup {
  const isOld = setup.ways.includes("old") && setup.recovery === null && setup.parser === "default";
  return {
    ...setup,
    areRemote: setup.areRemote && setup.recovery === null,
    ways: setup.ways.map((way) => (way === "old" && !isOld ? "websocket" : way)),
    connectTimeout: setup.ways.includes("upgrade") ? null : setup.connectTimeout,
  };
}
