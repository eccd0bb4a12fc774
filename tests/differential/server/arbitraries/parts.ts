import fc from "fast-check";
import type { Action, Link, Room, Source } from "../program.ts";
import { SPECIALS, type Plain, type Special } from "../values.ts";

/* What steps are made of. */

/** One of several, by their weights. */
export function weighted<T>(
  ...list: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]
): fc.Arbitrary<T> {
  return fc.oneof(...list.map(([weight, arbitrary]) => ({ weight: Math.round(weight * 10), arbitrary })));
}

/** A number of something that there may be. */
export const index = fc.nat(7);

export const nsp = weighted(
  [5, fc.constant("/")],
  [4, fc.constantFrom("/chat", "/dyn-1", "/fn-1")],
  [1, fc.constantFrom("/dyn-2", "/late", "/none")],
);

export const aRoom = weighted<Room>(
  [5, fc.constantFrom("a", "b", "c")],
  [2, fc.record({ own: index })],
  [1, fc.constantFrom<Room>(5, "5", "")],
);
export const rooms = weighted<Room | Room[]>([3, aRoom], [1, fc.array(aRoom, { maxLength: 3 })]);

const special: fc.Arbitrary<Plain> = fc.constantFrom(...(Object.keys(SPECIALS) as Special[])).map(($) => ({ $ }));
const scalar = fc.constantFrom<Plain>("x", "", 0, 1, -1, true, false, null, "é\u2028");
const member = fc.oneof(scalar, special);
export const value = weighted<Plain>(
  [6, scalar],
  [2, special],
  [1, fc.array(member, { maxLength: 3 })],
  [1, fc.dictionary(fc.constantFrom("a", "toString", "length"), member, { maxKeys: 2 })],
);
export const args = fc.array(value, { maxLength: 3 });

/** What clients emit: names of every kind that is allowed. */
export const event = weighted<string | number>(
  [8, fc.constantFrom("e1", "e2", "message")],
  [1, fc.constantFrom("error", "renamed", "toString", "__proto__", "connection", "new_namespace", "", 7)],
);
/** What the server emits, or tries to: some are reserved. */
const emitted = weighted(
  [12, event],
  [1, fc.constantFrom("connect", "disconnect", "disconnecting", "connect_error", "newListener", "removeListener")],
);

export const aSocket: fc.Arbitrary<Source> = fc.record({ socket: index });
export const anySource = weighted<Source>(
  [3, fc.constant("io")],
  [2, fc.record({ nsp })],
  [1, fc.record({ parent: fc.nat(3) })],
  [4, aSocket],
  [2, fc.record({ kept: index })],
  [1, fc.record({ remote: index })],
);
/** In what listeners and middlewares do. */
export const innerSource = weighted<Source>([3, fc.constant("self")], [1, anySource]);

const link = weighted<Link>(
  [1, fc.constantFrom<Link>(["volatile"], ["local"], ["broadcast"], ["compress", true], ["compress", false])],
  [2, fc.tuple(fc.constantFrom("to", "in", "except"), rooms)],
  [1, fc.tuple(fc.constant("timeout"), fc.constantFrom(0, 10, 100))],
);
export const chain = weighted<Link[]>([1, fc.constant([])], [2, fc.array(link, { maxLength: 4 })]);

/** What a socket alone can do. */
export const ownAction = weighted<Action>(
  [2, fc.record({ name: fc.constantFrom("join", "leave"), rooms })],
  [1, fc.record({ name: fc.constant("disconnect"), close: fc.boolean() })],
);

export const action = weighted<Action>(
  [
    8,
    fc.record({
      name: fc.constantFrom("emit", "emit", "emit", "emitWithAck", "serverSideEmit"),
      event: emitted,
      args,
      ack: fc.boolean(),
    }),
  ],
  [
    1,
    fc.record({
      name: fc.constantFrom("serverSideEmit", "serverSideEmitWithAck", "_onServerSideEmit", "_onServerSideEmit"),
      event: emitted,
      args,
      ack: fc.boolean(),
    }),
  ],
  [1, fc.record({ name: fc.constantFrom("send", "write"), args })],
  [2, fc.record({ name: fc.constantFrom("fetchSockets", "allSockets") })],
  [4, fc.record({ name: fc.constantFrom("socketsJoin", "socketsLeave", "join", "leave"), rooms })],
  [4, fc.record({ name: fc.constantFrom("disconnectSockets", "disconnect"), close: fc.boolean() })],
);
