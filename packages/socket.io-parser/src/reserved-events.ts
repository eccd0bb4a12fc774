/**
 * Names that users can't emit and that a peer can't send: our own events of sockets carry them (protocols.md 3.7, row S-188).
 */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** True for a name in {@link RESERVED_EVENTS}; symbols and numbers never are. */
export function isReservedEvent(name: unknown): boolean {
  return RESERVED_EVENTS.has(name as string);
}
