import type { Deadline } from "socket.io-parser/acks";
import type { Alarm } from "./alarm.js";
import { LimitError } from "./errors.js";
import type { ConnectionLimits } from "./options.js";

/** What watches over it asks of the connection. */
export interface PartialPacketHost {
  readonly _alarm: Alarm;
  readonly _limits: ConnectionLimits;
}

/**
 * How much is kept of a packet from a peer that has not joined a namespace. Packets with attachments come after CONNECT only,
 * so this is for parsers that cut packets into pieces.
 */
const ANONYMOUS_BYTES = 100_000;

/** Watches over a packet whose attachments are still to come: in size, and that they do come. */
export class PartialPacket {
  readonly #host: PartialPacketHost;
  readonly #arrivingBytes: () => number;
  readonly #onExcess: (error: LimitError) => void;
  #bytes = 0;
  /** When the last byte came that we know of. */
  #lastAt = 0;
  #arrived = 0;
  #deadline: Deadline | undefined;

  /** @param arrivingBytes differs if part of a message has come meanwhile, where the transport can tell */
  constructor(host: PartialPacketHost, arrivingBytes: () => number, onExcess: (error: LimitError) => void) {
    this.#host = host;
    this.#arrivingBytes = arrivingBytes;
    this.#onExcess = onExcess;
  }

  /** Of what has come. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A message came: perhaps the last one that is missing. */
  add(data: unknown): void {
    this.#bytes += typeof data === "string" ? data.length : ((data as ArrayBufferView).byteLength ?? 0);
  }

  /** The packet is whole, or nobody waits for it any more. */
  end(): void {
    this.#bytes = 0;
    if (this.#deadline !== undefined) this.#host._alarm.cancel(this.#deadline);
    this.#deadline = undefined;
  }

  /** The message has been read, and did not complete a packet unless {@link end} was called. */
  awaitRest(isAnonymous: boolean): void {
    if (this.#bytes === 0) return;
    const { maxIncompletePacketSize } = this.#host._limits;
    const max = isAnonymous ? Math.min(maxIncompletePacketSize, ANONYMOUS_BYTES) : maxIncompletePacketSize;
    if (this.#bytes > max) {
      const message = `incomplete packet of ${this.#bytes} bytes exceeds maxIncompletePacketSize (${max})`;
      return this.#onExcess(new LimitError("ERR_PACKET_TOO_LARGE", "maxIncompletePacketSize", message));
    }
    this.#lastAt = this.#host._alarm.clock.now();
    this.#arrived = this.#arrivingBytes();
    this.#deadline ??= this.#expectByte(this.#host._limits.incompletePacketTimeout);
  }

  #expectByte(delayMs: number): Deadline {
    const { _alarm: alarm } = this.#host;
    return alarm.after(delayMs, () => {
      this.#deadline = undefined;
      const now = alarm.clock.now();
      const arrived = this.#arrivingBytes();
      if (arrived !== this.#arrived) this.#lastAt = now;
      this.#arrived = arrived;
      const { incompletePacketTimeout: timeoutMs } = this.#host._limits;
      const restMs = this.#lastAt + timeoutMs - now;
      if (restMs > 0) {
        this.#deadline = this.#expectByte(restMs);
        return;
      }
      const message = `packet incomplete, and no byte came for incompletePacketTimeout (${timeoutMs} ms)`;
      this.#onExcess(new LimitError("ERR_PACKET_INCOMPLETE", "incompletePacketTimeout", message));
    });
  }
}
