/** What a worker of node:cluster tells its primary. A seat is whoever listens in a group: an adapter, or a bus of sessions. */
export type ToPrimary = Tag &
  (
    | { readonly kind: "open" }
    /** Published when the worker has ended without a word. */
    | { readonly kind: "will"; readonly payload: Payload }
    | { readonly kind: "close" }
    /** For all in the group; `numbered`: the primary numbers it, and this seat hears the number. `echo`: this seat hears it too. */
    | { readonly kind: "publish"; readonly payload: Payload; readonly numbered?: boolean; readonly echo?: boolean }
    | { readonly kind: "send"; readonly to: string; readonly payload: Payload }
    | { readonly kind: "keep"; readonly pid: string; readonly session: Payload; readonly limits: KeepLimits }
    | { readonly kind: "take"; readonly pid: string; readonly ask: number }
    | { readonly kind: "fenced"; readonly ask: number }
  );

/** What a primary tells a seat. */
export type ToWorker = Tag &
  /** The seat is taken: `number` is that of the next numbered message, `epoch` what makes numbers of this primary differ from others'. */
  (
    | { readonly kind: "opened"; readonly epoch: string; readonly number: number }
    | { readonly kind: "message"; readonly payload: Payload; readonly number?: number | undefined }
    /** The number of a message of one's own: in its place among those of the others. */
    | { readonly kind: "numbered"; readonly number: number }
    /** Whoever has this session is to end its connection, and then to keep it. */
    | { readonly kind: "fence"; readonly pid: string; readonly ask: number }
    | { readonly kind: "taken"; readonly ask: number; readonly session: Payload | undefined }
  );

/** Text and the attachments of {@link encode}, or a text alone. Between processes with `serialization: "advanced"` bytes stay bytes. */
export type Payload = readonly unknown[];

export interface KeepLimits {
  readonly maxAgeMs: number;
  readonly maxSessions: number;
}

interface Tag {
  /** Other packages send messages between the same processes. */
  readonly source: typeof SOURCE;
  readonly group: string;
  readonly seat: string;
}

export const SOURCE = "socket.io";

export function isOurs<Message extends ToPrimary | ToWorker>(message: unknown): message is Message {
  return typeof message === "object" && message !== null && (message as Partial<Tag>).source === SOURCE;
}

/** A message without what all have. */
export type Untagged<Message> = Message extends unknown ? Omit<Message, keyof Tag> : never;
