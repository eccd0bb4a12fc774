import type { Emitter as ComponentEmitter } from "@socket.io/component-emitter";
import { Emitter as OwnEmitter } from "./emitter.js";
import type { EventsMap } from "./event-map.js";

/**
 * Our emitter under the type of `@socket.io/component-emitter`: either may be used where the other is asked for (row T-8). That
 * class has a protected member, so no other class with the same members would do; see docs/decisions/0006. Of that package,
 * which applications import by its name, there is nothing but the type.
 */
export const Emitter = OwnEmitter as unknown as typeof ComponentEmitter;

export type Emitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  // `{}`: no reserved events is a map without names.
  ReservedEvents extends EventsMap = {}, // oxlint-disable-line typescript/no-empty-object-type
> = ComponentEmitter<ListenEvents, EmitEvents, ReservedEvents>;
