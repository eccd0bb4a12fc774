import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isReservedEvent,
  RESERVED_EVENTS,
  type AllButLast,
  type DecorateAcknowledgements,
  type DecorateAcknowledgementsWithMultipleResponses,
  type DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventNamesWithError,
  type EventNamesWithoutAck,
  type EventParams,
  type FirstNonErrorArg,
  type FirstNonErrorTuple,
  type Last,
  type MultiplyArray,
  type RemoveAcknowledgements,
  type ReservedOrUserEventNames,
  type ReservedOrUserListener,
} from "socket.io-parser/events";

// Row S-188.
test("exactly six event names are reserved", () => {
  const names = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
  assert.deepEqual([...RESERVED_EVENTS].sort(), names);
  for (const name of names) assert.equal(isReservedEvent(name), true);
  for (const name of ["connection", "error", "new_namespace", "__proto__", "", 5, Symbol("connect"), undefined]) {
    assert.equal(isReservedEvent(name), false);
  }
});

// What follows is proven by the compiler (rows T-11, T-14, T-26 to T-34): a wrong type does not compile.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for the same types. */
function same<A, B>(_proof: Same<A, B>): void {}

interface Events {
  plain: (a: string) => void;
  none: () => void;
  ack: (a: string, cb: (c: boolean, d: string) => void) => void;
  emptyAck: (cb: () => void) => void;
  optionalAck: (a: string, cb?: (c: number) => void) => void;
}

interface WithErrors {
  plain: (a: string) => void;
  ack: (a: string, cb: (err: Error, c: boolean[]) => void) => void;
  emptyAck: (cb: (err: Error) => void) => void;
}

test("the types of event maps say which events ask for an acknowledgement, and of what", () => {
  same<EventNames<Events>, "plain" | "none" | "ack" | "emptyAck" | "optionalAck">(true);
  same<EventParams<Events, "plain">, [a: string]>(true);
  same<EventNames<DefaultEventsMap>, string>(true);

  // T-34: a callback that takes no value counts.
  same<EventNamesWithAck<Events>, "ack" | "emptyAck" | "optionalAck">(true);
  same<EventNamesWithoutAck<Events>, "plain" | "none">(true);
  same<EventNamesWithAck<DefaultEventsMap>, string>(true);
  same<EventNamesWithoutAck<DefaultEventsMap>, string>(true);
  // T-29: without a timeout none, with one those with an acknowledgement, untyped all.
  same<EventNamesWithError<Events>, never>(true);
  same<EventNamesWithError<WithErrors>, "ack" | "emptyAck">(true);
  same<EventNamesWithError<DefaultEventsMap>, string>(true);

  same<Last<[string, number]>, number>(true);
  same<Last<[string, number?]>, number>(true);
  same<Last<[]>, undefined>(true);
  same<AllButLast<[string, number, boolean]>, [string, number]>(true);
  same<AllButLast<[]>, []>(true);
  same<FirstNonErrorTuple<[Error, number]>, number>(true);
  same<FirstNonErrorTuple<[number, string]>, number>(true);
  same<FirstNonErrorArg<(err: Error, value: string) => void>, string>(true);
  same<FirstNonErrorArg<() => void>, undefined>(true);
  same<MultiplyArray<[string, number]>, [string[], number[]]>(true);
  assert.ok(true);
});

test("the types of event maps follow timeouts and broadcasts", () => {
  // T-26
  type Broadcast = DecorateAcknowledgementsWithMultipleResponses<Events>;
  same<Parameters<Parameters<Broadcast["ack"]>[1]>, [responses: boolean[]]>(true);
  same<Parameters<Parameters<Broadcast["emptyAck"]>[0]>, []>(true);
  same<Broadcast["plain"], Events["plain"]>(true);
  // T-28, T-39
  type Timeout = DecorateAcknowledgements<Events>;
  same<Parameters<Parameters<Timeout["ack"]>[1]>, [err: Error, c: boolean, d: string]>(true);
  same<Parameters<Parameters<Timeout["emptyAck"]>[0]>, [err: Error]>(true);
  // T-27: also in two steps, and twice.
  type Both = DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Events>;
  same<Parameters<Parameters<Both["ack"]>[1]>, [err: Error, responses: boolean[]]>(true);
  type Steps = DecorateAcknowledgements<Broadcast>;
  same<Parameters<Parameters<Steps["ack"]>[1]>, [err: Error, responses: boolean[]]>(true);
  type OtherSteps = DecorateAcknowledgementsWithMultipleResponses<Timeout>;
  same<Parameters<Parameters<OtherSteps["ack"]>[1]>, [err: Error, responses: boolean[]]>(true);
  same<Parameters<Parameters<OtherSteps["emptyAck"]>[0]>, [err: Error]>(true);
  type Twice = DecorateAcknowledgements<Timeout>;
  same<Twice["ack"], Timeout["ack"]>(true);

  // T-30
  same<RemoveAcknowledgements<Events>, Pick<Events, EventNamesWithoutAck<Events>>>(true);

  // Untyped maps stay untyped.
  same<DecorateAcknowledgements<DefaultEventsMap>[string], DefaultEventsMap[string]>(true);
  same<DecorateAcknowledgementsWithMultipleResponses<DefaultEventsMap>[string], DefaultEventsMap[string]>(true);
  same<RemoveAcknowledgements<DefaultEventsMap>[string], DefaultEventsMap[string]>(true);
  assert.ok(true);
});

test("a listener has the type of our own event before that of the user's", () => {
  interface Reserved {
    disconnect: (reason: "a" | "b") => void;
  }
  same<ReservedOrUserEventNames<Reserved, { x: () => void }>, "disconnect" | "x">(true);
  same<ReservedOrUserListener<Reserved, DefaultEventsMap, "disconnect">, Reserved["disconnect"]>(true);
  same<ReservedOrUserListener<Reserved, Events, "plain">, Events["plain"]>(true);
  assert.ok(true);
});
