/** The headings of the migration guide (2.x to 3.0), in its order; the first is the guide's title. */
export const HEADINGS = [
  "Migrating from 2.x to 3.0",
  "Configuration",
  "Saner default values",
  "CORS handling",
  "No more cookie by default",
  "API change",
  "io.set() is removed",
  "No more implicit connection to the default namespace",
  "Namespace.connected is renamed to Namespace.sockets and is now a Map",
  "Socket.rooms is now a Set",
  "Socket.binary() is removed",
  "Socket.join() and Socket.leave() are now synchronous",
  "~~Socket.use() is removed~~",
  "A middleware error will now emit an Error object",
  "Add a clear distinction between the Manager query option and the Socket query option",
  "The Socket instance will no longer forward the events emitted by its Manager",
  "Namespace.clients() is renamed to Namespace.allSockets() and now returns a Promise",
  "Client bundles",
  'No more "pong" event for retrieving latency',
  "ES modules syntax",
  "`emit()` chains are not possible anymore",
  "Room names are not coerced to string anymore",
  "New features",
  "Catch-all listeners",
  "Volatile events (client)",
  "Official bundle with the msgpack parser",
  "Miscellaneous",
  "The Socket.IO codebase has been rewritten to TypeScript",
  "Support for IE8 and Node.js 8 is officially dropped",
  "How to upgrade an existing production deployment",
  "Known migration issues",
] as const;

export type Heading = (typeof HEADINGS)[number];

/** What a heading says besides its tests, or why it has none of its own. */
export const REMARKS: Readonly<Partial<Record<Heading, string>>> = {
  Configuration: "holds headings only",
  "API change": "holds headings only",
  "New features": "holds headings, and a sentence about a possible 2.4.x, which is no release of ours",
  Miscellaneous: "holds headings only",
};
