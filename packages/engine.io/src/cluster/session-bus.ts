/**
 * How the servers of a cluster tell each other that they are there, and where: what {@link ServerOptions.sessionBus} takes. Over
 * node:cluster `createSessionBus` of `socket.io/cluster` makes one, over Redis that of `socket.io-redis`. It carries nothing but
 * these short messages: requests go from server to server.
 */
export interface SessionBus {
  /** Address of this machine at which the other servers reach this one. */
  readonly host: string;
  /** Port for requests of the other servers; 0: any. */
  readonly port: number;

  /** @returns a promise, if it takes time: messages are published once it has resolved */
  subscribe(listener: SessionBusListener): Promise<unknown> | void;

  unsubscribe(listener: SessionBusListener): void;

  /** Sends a message to all servers, this one too. What cannot be sent is lost. */
  publish(message: string): void;

  /** Where the bus notices the end of this process, it publishes this message then. */
  setWill?(message: string): void;
}

export type SessionBusListener = (message: string) => void;
