import type { Packet } from "socket.io-parser";
import type { Adapter, BroadcastFlags, BroadcastOptions } from "./adapter.js";
import type { AdapterHost, AdapterSocket, EncodedPacket, WriteOptions } from "./host.js";

/** A packet in the form in which all its receivers get it. */
export interface Delivery {
  readonly packet: Packet;
  readonly encoded: EncodedPacket;
  readonly options: WriteOptions;
}

// Functions, not methods of Adapter: subclasses of users own the name space of methods.

/** Encodes a packet of the adapter's namespace, once for all its receivers. */
export function encode(adapter: Adapter, packet: Packet, flags: BroadcastFlags = {}): Delivery {
  const { name, server } = adapter.nsp as AdapterHost;
  packet.nsp = name;
  const encoded = adapter.encoder.encode(packet);
  const options: WriteOptions = { preEncoded: true, volatile: flags.volatile, compress: flags.compress };
  server._preEncode?.(encoded, options);
  return { packet, encoded, options };
}

/**
 * Sends an encoded packet to the targets of this process.
 *
 * @param before called with each of them, before it is sent to
 * @returns how many there are
 */
export function deliver(
  adapter: Adapter,
  { packet, encoded, options }: Delivery,
  opts: BroadcastOptions,
  before?: (socket: AdapterSocket) => void,
): number {
  let count = 0;
  adapter.apply(opts, (socket) => {
    count++;
    before?.(socket);
    socket.notifyOutgoingListeners?.(packet);
    socket.client.writeToEngine(encoded, options);
  });
  return count;
}
