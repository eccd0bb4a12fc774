import { Decoder } from "socket.io-parser";
import { traceDecoder } from "./packet-trace.js";

/** Who gets the packets of a decoder. */
export interface PacketReceiver {
  /** @internal */
  _onPacket(packet: Parameters<PacketListener>[0]): void;
}

type PacketListener = Parameters<Decoder["on"]>[1];

/** A decoder in somebody's hands. */
export interface LentDecoder extends Decoder {
  [RECEIVER]: PacketReceiver | null;
}

const RECEIVER = Symbol("receiver");

/** More are not kept for later. */
const MAX_FREE = 16;

/**
 * The decoders of a server. Between two packets one of ours knows nothing: so it is lent for a packet, and few serve all the connections. With
 * its listener a decoder takes 500 bytes, which is much of an idle connection. Those of other parsers stay with whom they were lent to.
 */
export class DecoderPool {
  readonly #Decoder: new () => Decoder;
  readonly #free: LentDecoder[] = [];

  constructor(decoderClass: new () => Decoder) {
    this.#Decoder = decoderClass;
  }

  /** A decoder whose packets go to the receiver. */
  lend(receiver: PacketReceiver): LentDecoder {
    const decoder = this.#free.pop() ?? this.#make();
    decoder[RECEIVER] = receiver;
    return decoder;
  }

  /** False if it is still needed by whom it was lent to. */
  takeBack(decoder: LentDecoder): boolean {
    if (this.#Decoder !== Decoder || decoder.isReconstructing) return false;
    decoder[RECEIVER] = null;
    if (this.#free.length < MAX_FREE) this.#free.push(decoder);
    return true;
  }

  #make(): LentDecoder {
    const decoder = Object.assign(new this.#Decoder(), { [RECEIVER]: null });
    traceDecoder(decoder);
    decoder.on("decoded", onDecoded);
    return decoder;
  }
}

/** Emitters call listeners on themselves: so one function serves all decoders. */
function onDecoded(this: unknown, packet: Parameters<PacketListener>[0]): void {
  (this as LentDecoder)[RECEIVER]?._onPacket(packet);
}
