/** Where a session stands. The names are public: users read them as `readyState`. */
export type SessionState = "opening" | "open" | "closing" | "closed";

/**
 * Legal moves. "closing" is the time between a local `close()` and the end: what is queued still leaves, and over
 * polling the close packet waits for the peer's next request.
 */
export const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  opening: ["open", "closing", "closed"],
  open: ["closing", "closed"],
  closing: ["closed"],
  closed: [],
};
