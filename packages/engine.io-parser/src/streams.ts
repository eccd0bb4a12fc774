import { encodeFrame, FrameDecoder } from "./framing.js";
import type { BinaryType, Packet } from "./packet.js";

/** The two ends of a TransformStream. Structural, so that the declarations need neither the DOM's types nor Node's. */
export interface PacketStream {
  // `any`: a ReadableStream and a WritableStream of whichever types the consumer has.
  readonly readable: any; // oxlint-disable-line typescript/no-explicit-any
  readonly writable: any; // oxlint-disable-line typescript/no-explicit-any
}

/** A TransformStream from packets to the bytes of a WebTransport stream. */
export function createPacketEncoderStream(): PacketStream {
  return new TransformStream<Packet, Uint8Array>({
    transform(packet, controller) {
      return new Promise((resolve) => {
        encodeFrame(packet, (header, payload) => {
          controller.enqueue(header);
          controller.enqueue(payload);
          resolve();
        });
      });
    },
  });
}

/**
 * A TransformStream from the bytes of a WebTransport stream to packets. A frame that is empty, or longer than `maxPayload`
 * bytes, gives the error packet, and nothing follows it.
 */
export function createPacketDecoderStream(maxPayload: number, binaryType?: BinaryType): PacketStream {
  let decoder: FrameDecoder;
  return new TransformStream<Uint8Array, Packet>({
    start(controller) {
      decoder = new FrameDecoder(maxPayload, binaryType, (packet) => controller.enqueue(packet));
    },
    transform(chunk) {
      decoder.receive(chunk);
    },
  });
}
