/** Why a session ended, in the words that users see (protocols.md 1.10). */
export type CloseReason = "transport close" | "transport error" | "parse error" | "ping timeout" | "forced close";

/** The reason, and what is known beyond it: an Error, or details of the transport. */
export interface CloseCause {
  readonly reason: CloseReason;
  readonly description?: unknown;
}

/** This side wanted the end. */
export const FORCED: CloseCause = { reason: "forced close" };
