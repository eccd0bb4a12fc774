import { close } from "../../support/raw-frames.ts";
import type { Binding } from "../../support/websocket-bindings.ts";

/**
 * One conversation with a server that sends every message back. Cases are numbered after the groups of the public Autobahn test suite
 * (1 framing, 2 pings and pongs, 3 reserved bits, 4 opcodes, 5 fragmentation, 6 UTF-8, 7 closing, 9 limits), not after its cases.
 */
export interface Case {
  /** Its group. */
  readonly group: string;
  readonly title: string;
  /** What the client writes. */
  readonly frames: readonly Buffer[];
  /** How it writes: all at once, frame by frame, or byte by byte. */
  readonly delivery: "at once" | "frames" | "bytes";
  /** What comes back, up to the end of the connection. */
  readonly expected: readonly string[];
  /** A server that is known to differ, and what it does. */
  readonly exception?: { readonly binding: Binding; readonly expected: readonly string[] };
  /** Size of the largest message that the server takes. */
  readonly maxBytes: number;
}

type More = Partial<Pick<Case, "delivery" | "maxBytes" | "exception">>;

const DEFAULTS = { delivery: "at once", maxBytes: 2 ** 22 } as const;

/** The server answers with these frames, and the close handshake with 1000 that the client starts at last. */
export function fine(
  group: string,
  title: string,
  frames: readonly Buffer[],
  answers: readonly string[],
  more: More = {},
): Case {
  const all = [...frames, close(1000)];
  return { ...DEFAULTS, group, title, frames: all, expected: [...answers, "close 1000", "end"], ...more };
}

/** The server ends the connection with that code, after these answers. A server that lets it pass gets a close frame, so as to end too. */
export function refused(
  group: string,
  title: string,
  frames: readonly Buffer[],
  code: number,
  answers: readonly string[] = [],
  more: More = {},
): Case {
  const all = [...frames, close(1000)];
  return { ...DEFAULTS, group, title, frames: all, expected: [...answers, `close ${code}`, "end"], ...more };
}

/** The same conversation in all ways of writing it. */
export function eachDelivery(make: (more: More) => Case): Case[] {
  return (["at once", "frames", "bytes"] as const).map((delivery) => {
    const made = make({ delivery });
    return { ...made, title: `${made.title}, ${delivery}` };
  });
}
