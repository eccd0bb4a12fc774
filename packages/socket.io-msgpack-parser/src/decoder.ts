import { Emitter } from "engine.io-parser/emitter";
import type { Packet } from "socket.io-parser";
import { decode } from "./codec/decode.js";
import { DecodeError } from "./errors.js";
import { checkPacket } from "./packet.js";

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

/** Turns messages back into packets, and emits each as `decoded`. Holds nothing between two messages. */
export class Decoder extends Emitter<{}, {}, DecoderEvents> /* oxlint-disable-line typescript/no-empty-object-type */ {
  /**
   * The next message of the connection.
   * @throws DecodeError if it is no packet in MessagePack, as the text of a peer with the default parser
   */
  add(message: unknown): void {
    this.emitReserved("decoded", checkPacket(decode(bytesOf(message))));
  }

  /** Nothing to forget: each message is a whole packet. */
  destroy(): void {}
}

function bytesOf(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message;
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  // By tag, since buffers may come from another window or vm context.
  if (Object.prototype.toString.call(message) === "[object ArrayBuffer]") return new Uint8Array(message as ArrayBuffer);
  throw new DecodeError("Could not parse: not bytes, does the peer use this parser?");
}
