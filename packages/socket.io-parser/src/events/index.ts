export type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "engine.io-parser/emitter";
export type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNamesWithAck,
  EventNamesWithError,
  EventNamesWithoutAck,
  FirstNonErrorArg,
  FirstNonErrorTuple,
  Last,
  MultiplyArray,
  RemoveAcknowledgements,
  TypedEventBroadcaster,
} from "./event-types.js";
export { isReservedEvent, RESERVED_EVENTS } from "../reserved-events.js";
