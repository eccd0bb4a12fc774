import type { EventNames, EventParams, EventsMap } from "engine.io-parser/emitter";

// Types about users' functions: `any` is the only parameter list that every function has (all through this file).
/* oxlint-disable typescript/no-explicit-any */

/** The last element of a tuple. Of an untyped list: any. */
export type Last<List extends any[]> = List extends []
  ? undefined
  : Required<List> extends [...any[], infer Item]
    ? Item
    : List[number];

/** A tuple without its last element. */
export type AllButLast<List extends any[]> = List extends [] ? [] : List extends [...infer Rest, any?] ? Rest : List;

/** The first element that is no Error. */
export type FirstNonErrorTuple<List extends unknown[]> = List[0] extends Error ? List[1] : List[0];

/** The first argument of a function, a leading Error left out. */
export type FirstNonErrorArg<Fn> = Fn extends (...args: infer Params) => any ? FirstNonErrorTuple<Params> : any;

/** A tuple with an array in place of each element. */
export type MultiplyArray<List extends unknown[]> = { [Index in keyof List]: List[Index][] };

type IsAny<T> = 0 extends 1 & T ? true : false;

type AnyFunction = (...args: any[]) => any;

/** "yes", "no", or "maybe" where the event is not typed. */
type TakesAck<Listener> =
  IsAny<Listener> extends true
    ? "maybe"
    : Listener extends (...args: infer Params) => any
      ? IsAny<Last<Params>> extends true
        ? "maybe"
        : Last<Params> extends AnyFunction
          ? "yes"
          : "no"
      : "no";

/** Names of the events that ask for an acknowledgement: their last parameter is a function. */
export type EventNamesWithAck<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown ? (TakesAck<Map[Name]> extends "no" ? never : Name) : never;

/** Names of the events that don't ask for an acknowledgement. */
export type EventNamesWithoutAck<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown ? (TakesAck<Map[Name]> extends "yes" ? never : Name) : never;

/** Names of the events whose acknowledgement takes an Error first, as it does where a timeout was set. */
export type EventNamesWithError<
  Map extends EventsMap,
  Name extends EventNamesWithAck<Map> = EventNamesWithAck<Map>,
> = Name extends unknown ? (TakesError<Last<Parameters<Map[Name]>>> extends true ? Name : never) : never;

type TakesError<Ack> =
  IsAny<Ack> extends true ? true : Ack extends (err: infer First, ...args: any[]) => any ? IsError<First> : false;

type IsError<T> = IsAny<T> extends true ? true : unknown extends T ? false : T extends Error ? true : false;

/** The events of a map that ask for no acknowledgement: to many receivers, no others are emitted without a timeout. */
export type RemoveAcknowledgements<Map extends EventsMap> = { [Name in EventNamesWithoutAck<Map>]: Map[Name] };

/** With a timeout: an Error comes first, unless it does already. */
type WithError<Ack> = Ack extends (...args: infer Params) => infer Result
  ? TakesError<Ack> extends true
    ? Ack
    : (err: Error, ...args: Params) => Result
  : Ack;

/** Towards many receivers: one array of everybody's first argument. */
type WithMany<Ack> = Ack extends (...args: infer Params) => infer Result
  ? Params extends []
    ? Ack
    : IsError<Params[0]> extends true
      ? Params extends [any]
        ? Ack
        : (err: Error, responses: FirstNonErrorTuple<Params>[]) => Result
      : (responses: Params[0][]) => Result
  : Ack;

/** What a timeout makes of an events map: acknowledgements take an Error first. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: TakesAck<Map[Name]> extends "yes"
    ? Map[Name] extends (...args: infer Params) => infer Result
      ? (...args: [...AllButLast<Params>, WithError<Last<Params>>]) => Result
      : Map[Name]
    : Map[Name];
};

/** What a broadcast makes of an events map: acknowledgements take an array of the receivers' first arguments. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: TakesAck<Map[Name]> extends "yes"
    ? Map[Name] extends (...args: infer Params) => infer Result
      ? (...args: [...AllButLast<Params>, WithMany<Last<Params>>]) => Result
      : Map[Name]
    : Map[Name];
};

/** What a broadcast with a timeout makes of an events map: an Error, then an array of the receivers' first arguments. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: TakesAck<Map[Name]> extends "yes"
    ? Map[Name] extends (...args: infer Params) => infer Result
      ? (...args: [...AllButLast<Params>, WithError<WithMany<Last<Params>>>]) => Result
      : Map[Name]
    : Map[Name];
};

/** What every sender of events to many receivers has. */
export interface TypedEventBroadcaster<EmitEvents extends EventsMap> {
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
}
