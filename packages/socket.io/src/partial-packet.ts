import type { Deadline } from "socket.io-parser/acks";
import type { Alarm } from "./alarm.js";
import { LimitError } from "./errors.js";
import type { ConnectionLimits } from "./options.js";

/** The connection that it comes by. */
export interface PartialPacketHost {
  readonly server: { readonly _alarm: Alarm; readonly _limits: ConnectionLimits };
  /** Differs if part of a message has come meanwhile, where the transport can tell. */
  readonly _arrivingBytes: number;
  _onLimit(error: LimitError): void;
}

/**
 * How much is kept of a packet from a peer that has not joined a namespace. Packets with attachments come after CONNECT only,
 * so this is for parsers that cut packets into pieces.
 */
const ANONYMOUS_BYTES = 100_000;

/** Watches over a packet whose attachments are still to come: in size, and that they do come. */
export class PartialPacket {
  readonly #host: PartialPacketHost;
  /** When the last byte came that we know of. */
  #lastAt = 0;
  #arrived = 0;
  #isAwaited = false;
  /** Runs on after {@link end}: most packets are whole within the tick, and a deadline for each would be a third of what they cost here. */
  #deadline: Deadline | undefined;

  constructor(host: PartialPacketHost) {
    this.#host = host;
  }

  /** The packet is whole. */
  end(): void {
    this.#isAwaited = false;
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.end();
    if (this.#deadline !== undefined) this.#host.server._alarm.cancel(this.#deadline);
    this.#deadline = undefined;
  }

  /** A message has been read and did not complete the packet, of which so many bytes have come. */
  awaitRest(bytes: number, isAnonymous: boolean): void {
    const { _alarm: alarm, _limits: limits } = this.#host.server;
    const { maxIncompletePacketSize } = limits;
    const max = isAnonymous ? Math.min(maxIncompletePacketSize, ANONYMOUS_BYTES) : maxIncompletePacketSize;
    if (bytes > max) {
      const message = `incomplete packet of ${bytes} bytes exceeds maxIncompletePacketSize (${max})`;
      return this.#host._onLimit(new LimitError("ERR_PACKET_TOO_LARGE", "maxIncompletePacketSize", message));
    }
    this.#isAwaited = true;
    this.#lastAt = alarm.clock.now();
    this.#arrived = this.#host._arrivingBytes;
    this.#deadline ??= this.#expectByte(limits.incompletePacketTimeout);
  }

  #expectByte(delayMs: number): Deadline {
    const { _alarm: alarm, _limits: limits } = this.#host.server;
    return alarm.after(delayMs, () => {
      this.#deadline = undefined;
      if (!this.#isAwaited) return;
      const now = alarm.clock.now();
      const arrived = this.#host._arrivingBytes;
      if (arrived !== this.#arrived) this.#lastAt = now;
      this.#arrived = arrived;
      const { incompletePacketTimeout: timeoutMs } = limits;
      const restMs = this.#lastAt + timeoutMs - now;
      if (restMs > 0) {
        this.#deadline = this.#expectByte(restMs);
        return;
      }
      const message = `packet incomplete, and no byte came for incompletePacketTimeout (${timeoutMs} ms)`;
      this.#host._onLimit(new LimitError("ERR_PACKET_INCOMPLETE", "incompletePacketTimeout", message));
    });
  }
}
