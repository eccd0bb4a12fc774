export type DisconnectReason =
  // Disconnected by a peer, on purpose.
  | "client namespace disconnect"
  | "server namespace disconnect"
  // The server is closing.
  | "server shutting down"
  // The connection was lost, or closed because of what came over it.
  | "transport error"
  | "transport close"
  | "forced close"
  | "forced server close"
  | "ping timeout"
  | "parse error";

export interface SocketReservedEventsMap {
  // eslint-disable-next-line typescript/no-explicit-any -- an Error or details of the transport
  disconnect: (reason: DisconnectReason, description?: any) => void;
  // eslint-disable-next-line typescript/no-explicit-any -- the same
  disconnecting: (reason: DisconnectReason, description?: any) => void;
  error: (err: Error) => void;
}

/** Name and arguments of an event, as packet middlewares get them. */
// eslint-disable-next-line typescript/no-explicit-any -- what peers send is untyped
export type Event = [eventName: string, ...args: any[]];
