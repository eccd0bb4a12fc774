/** An events map: event names with the functions that listen to them. */
export interface EventsMap {
  // `any`: an interface of functions has no index signature, so nothing narrower lets users write one (row T-14).
  [event: string]: any; // oxlint-disable-line typescript/no-explicit-any
}

/** What is used where the user gives no types: every event, with any arguments. */
export interface DefaultEventsMap {
  // `any`, so that untyped listeners may declare whatever parameters they expect (row T-19).
  [event: string]: (...args: any[]) => void; // oxlint-disable-line typescript/no-explicit-any
}

/** Names of the events in a map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of one event. */
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

/** Names of our own events and of the user's. */
export type ReservedOrUserEventNames<ReservedEvents extends EventsMap, UserEvents extends EventsMap> =
  | EventNames<ReservedEvents>
  | EventNames<UserEvents>;

/** The listener for one of our own events, or else for one of the user's. */
export type ReservedOrUserListener<
  ReservedEvents extends EventsMap,
  UserEvents extends EventsMap,
  Ev extends ReservedOrUserEventNames<ReservedEvents, UserEvents>,
> = UntypedIfNever<
  Ev extends EventNames<ReservedEvents>
    ? ReservedEvents[Ev]
    : Ev extends EventNames<UserEvents>
      ? UserEvents[Ev]
      : never
>;

/** `never` would refuse every listener; an unknown name means that the types are not known, not that nobody may listen. */
// `any` for the same reason as in DefaultEventsMap.
// oxlint-disable-next-line typescript/no-explicit-any
type UntypedIfNever<Listener> = [Listener] extends [never] ? (...args: any[]) => void | Promise<void> : Listener;
