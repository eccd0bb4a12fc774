/** Revision of the Socket.IO protocol that this package speaks (protocols.md 3). */
export const protocol = 5;

/** Kinds of Socket.IO packets; the number is the digit on the wire. After decoding, the binary kinds are EVENT and ACK. */
export enum PacketType {
  CONNECT,
  DISCONNECT,
  EVENT,
  ACK,
  CONNECT_ERROR,
  BINARY_EVENT,
  BINARY_ACK,
}

/** One Socket.IO packet. */
export interface Packet {
  type: PacketType;
  /** The namespace, beginning with "/". */
  nsp: string;
  /** EVENT: name and arguments. ACK: arguments. CONNECT and CONNECT_ERROR: an object. */
  // `any`: users' own values, of whatever shape (row T-6).
  data?: any; // oxlint-disable-line typescript/no-explicit-any
  /** Which acknowledgement is asked for, or given. */
  id?: number;
  /** How many attachments follow, in a packet of a binary kind that is not yet decoded. */
  attachments?: number;
}
