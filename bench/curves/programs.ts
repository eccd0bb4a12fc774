import { packageOf } from "../makers.ts";
import { heard, startProgram } from "../programs.ts";
import type { Figures } from "../scenarios/scenario.ts";
import type { Curve } from "./curve.ts";

/* Curves that a process measures in itself, without a network. */

export const membership: Curve = {
  name: "join and leave",
  does: "the adapter alone: a socket joins a room and leaves it, beside so many members of the room, rooms of the socket and other rooms. Should not depend on them",
  of: "members, rooms of the socket, and other rooms, each",
  at: [10, 100, 1000, 10_000, 100_000],
  metrics: { join: "ns CPU per join and leave" },
  run: (target, at, pace) =>
    heard<Figures[]>(
      startProgram("membership", [JSON.stringify({ package: packageOf(target, "socket.io-adapter"), at })], pace.flags),
    ),
};

/** No process may have so many files: these are no sockets. */
export const inMemory: Curve = {
  name: "connections in memory",
  does: "WebSocket clients over transports in memory, NOT over sockets of the operating system: heap with that of the transports, and what an `io.emit` takes for each",
  of: "connections in memory",
  at: [10_000, 20_000, 30_000, 40_000, 50_000],
  metrics: { heap: "KiB heap per connection", cpu: "µs CPU per delivery" },
  run: (target, at, pace) =>
    heard<Figures[]>(
      startProgram("memory", [JSON.stringify({ package: packageOf(target, "socket.io"), at })], pace.flags),
    ),
};
