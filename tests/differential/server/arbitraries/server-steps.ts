import fc from "fast-check";
import type { Next, ServerStep, Source } from "../program.ts";
import {
  action,
  anySource,
  aRoom,
  args,
  aSocket,
  chain,
  index,
  innerSource,
  nsp,
  ownAction,
  rooms,
  value,
  weighted,
} from "./parts.ts";

const HEARING = [
  "on",
  "once",
  "addListener",
  "prependListener",
  "prependOnceListener",
  "onAny",
  "prependAny",
  "onAnyOutgoing",
  "prependAnyOutgoing",
] as const;
const DEAF = ["off", "removeListener", "offAny", "offAnyOutgoing"] as const;

const ordinary = fc.constantFrom("e1", "e2", "message");
/** What listeners are added for. */
const heard = weighted(
  [6, ordinary],
  [1, fc.constantFrom("renamed", "error", "disconnecting", "disconnect", "toString", "__proto__", "7")],
);
const next = weighted<Next>(
  [3, fc.constant("pass")],
  [2, fc.constantFrom("refuse", "text", "keep", "later", "push", "rename")],
  [1, fc.constantFrom("object", "bare", "falsy", "pop", "replace")],
);

/** @param reactions what is done by the listeners and middlewares that are added */
function steps(on: fc.Arbitrary<Source>, reactions: fc.Arbitrary<ServerStep[]>): fc.Arbitrary<ServerStep> {
  return weighted<ServerStep>(
    [12, fc.record({ do: fc.constant("call"), on, chain, action })],
    [1, fc.record({ do: fc.constant("keep"), on, chain })],
    [6, fc.record({ do: fc.constant("listen"), on, how: fc.constantFrom(...HEARING), event: heard, reactions })],
    [
      2,
      fc.record({
        do: fc.constant("unlisten"),
        on,
        how: fc.constantFrom(...DEAF),
        event: ordinary,
        listener: weighted<number | "itself" | null>([2, index], [1, fc.constant(null)], [2, fc.constant("itself")]),
      }),
    ],
    [3, fc.record({ do: fc.constant("use"), on, next, reactions })],
    [1, fc.record({ do: fc.constant("go on"), which: index, refuse: fc.boolean() })],
    [1, fc.record({ do: fc.constant("reply late"), which: index, args })],
    [1, fc.record({ do: fc.constant("data"), on: aSocket, value })],
    [1, fc.record({ do: fc.constant("view"), nsp })],
    [1, fc.record({ do: fc.constant("inspect"), on: aSocket })],
    [1, fc.record({ do: fc.constant("hang up"), on })],
    [
      1,
      fc.record({
        do: fc.constant("of"),
        name: fc.constantFrom("/late", "late", "/dyn-2", "/fn-2", "/chat", "", "/dyn-2?x=1", 5, "fn-1"),
        listens: fc.boolean(),
      }),
    ],
    [1, fc.record({ do: fc.constant("count"), on, event: heard })],
    [0.3, fc.record({ do: fc.constant("strip"), on })],
    [
      0.4,
      fc.record({
        do: fc.constant("parent"),
        kind: fc.constantFrom("expression", "any", "late", "fails late", "never"),
      }),
    ],
  );
}

/** What concerns the whole server. */
export const wholeStep: fc.Arbitrary<ServerStep> = weighted<ServerStep>(
  [
    2,
    fc.oneof(
      fc.record({ do: fc.constant("option"), name: fc.constant("path"), value: fc.constantFrom(null, "/other/", "") }),
      fc.record({
        do: fc.constant("option"),
        name: fc.constant("connectTimeout"),
        value: fc.constantFrom(null, 1e8),
      }),
      fc.record({
        do: fc.constant("option"),
        name: fc.constant("serveClient"),
        value: fc.constantFrom(null, true, false),
      }),
    ),
  ],
  [1, fc.record({ do: fc.constant("adapter") })],
  [
    6,
    fc.record({
      do: fc.constant("call adapter"),
      nsp,
      method: fc.constantFrom("addAll", "del", "delAll", "sockets", "socketRooms", "serverCount", "broadcast"),
      room: aRoom,
      socket: index,
    }),
  ],
  [1, fc.record({ do: fc.constant("close") })],
);

/** Sends what is kept for those who are away. */
export const keptEmit: fc.Arbitrary<ServerStep> = fc.record({
  do: fc.constant("call"),
  on: weighted<Source>([3, fc.constant("io")], [1, fc.record({ nsp })], [2, aSocket]),
  chain,
  action: fc.record({ name: fc.constant("emit"), event: ordinary, args, ack: fc.constant(false) }),
});

/** Puts all of a namespace into rooms. */
export const socketsJoin: fc.Arbitrary<ServerStep> = fc.record({
  do: fc.constant("call"),
  on: fc.record({ nsp }),
  chain: fc.constant([]),
  action: fc.record({ name: fc.constant("socketsJoin"), rooms }),
});

/** What a listener does: it adds others, but those only tell. */
const reaction = weighted<ServerStep>(
  [2, fc.record({ do: fc.constant("reply"), args, keep: fc.boolean() })],
  [1, fc.record({ do: fc.constant("call"), on: fc.constant("self"), chain: fc.constant([]), action: ownAction })],
  [3, steps(innerSource, fc.constant([]))],
);
const someReactions = fc.array(reaction, { maxLength: 2 });

export const serverStep: fc.Arbitrary<ServerStep> = steps(anySource, someReactions);
export const onConnection: fc.Arbitrary<ServerStep[]> = fc.array(steps(innerSource, someReactions), { maxLength: 2 });
