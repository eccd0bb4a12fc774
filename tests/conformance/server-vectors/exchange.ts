import { RawWebSocket } from "../../support/raw-peer.ts";
import type { Stage } from "../server/stage.ts";

/** A text, or the bytes of a binary frame in hex. */
export type Frame = string | { readonly bin: string };

/** What upstream's server did over a WebSocket: frames in, frames and events out (tests/vectors/README.md). */
export interface Exchange {
  readonly name: string;
  readonly sent?: readonly Frame[];
  readonly connectReply?: readonly unknown[];
  readonly got?: readonly unknown[];
  readonly server?: readonly unknown[][];
  readonly reconnectReply?: readonly unknown[];
}

/** Plays an exchange over again and gives what was seen, in the fields of the recording. */
export type Replay = (stage: Stage, exchange: Exchange) => Promise<Record<string, unknown>>;

/** How many turns of the event loop an answer may take at most that is not expected to come. */
const PATIENCE_TURNS = 500;

/** A peer that keeps frames as they stand in the recording. */
export class RecordingPeer {
  static async open(stage: Stage, query: string): Promise<RecordingPeer> {
    const socket = new RawWebSocket(stage.port(), query);
    stage.defer(() => socket.terminate());
    const [open] = await socket.receive(1);
    return new RecordingPeer(stage, socket, (JSON.parse(String(open).slice(1)) as { sid: string }).sid);
  }

  readonly #frames: unknown[] = [];

  private constructor(
    private readonly stage: Stage,
    readonly socket: RawWebSocket,
    readonly sessionId: string,
  ) {}

  send(frame: Frame): void {
    this.socket.send(typeof frame === "string" ? frame : Buffer.from(frame.bin, "hex"));
  }

  /** All frames up to now, once so many have come or it is certain that they don't, and nothing follows. */
  async frames(expected: number): Promise<unknown[]> {
    for (let turn = 0; turn < PATIENCE_TURNS; turn++) {
      this.#take();
      if (this.#frames.length >= expected) break;
      await new Promise(setImmediate);
    }
    await this.stage.quiet();
    this.#take();
    return this.#frames.splice(0);
  }

  #take(): void {
    this.#frames.push(...this.socket.taken().map(recorded));
  }
}

/** A value as it stands in the recording. */
export function shown(value: unknown): unknown {
  if (typeof value === "function") return "<fn>";
  return Buffer.isBuffer(value) ? { bin: value.toString("hex") } : value;
}

function recorded(message: string | Buffer): unknown {
  if (typeof message !== "string") return { bin: message.toString("hex") };
  // "No status received" (RFC 6455, 7.4.1).
  if (message === "closed 1005") return { close: null };
  return message.replaceAll(/"(sid|pid)":"[\w-]{20}"/g, '"$1":"<$1>"');
}
