import type { PackageAt } from "../makers.ts";

/** What a client process is told. */
export interface ClientOrder {
  readonly kind: "socket.io" | "ws";
  readonly package: PackageAt;
  readonly port: number;
  readonly transport: "websocket" | "polling";
  readonly work: "echo" | "recv" | "connect";
  /** Connected at the same time. */
  readonly sockets: number;
  /** Messages, once to warm up and once measured. */
  readonly count: number;
}

/** A connection that has joined the namespace. */
export interface Connection {
  /** Sends the event `echo`; it is called with the answer. */
  echo(answered: () => void): void;
  /** Has the server send it so many events `msg`, by the room of its own. */
  ask(count: number, received: () => void): void;
  close(): void;
}
export type Connect = () => Promise<Connection>;

/** @returns does the work once, and says how many messages that were */
export async function repeat(order: ClientOrder, connect: Connect): Promise<() => Promise<number>> {
  if (order.work === "connect") return () => connectInTurn(order.count, connect);
  const connections = await Promise.all(Array.from({ length: order.sockets }, connect));
  const share = Math.ceil(order.count / order.sockets);
  const work = order.work === "echo" ? echoes : receipts;
  return async () => {
    await Promise.all(connections.map((connection) => work(connection, share)));
    return share * order.sockets;
  };
}

/** Connections one after the other, each closed again. */
async function connectInTurn(count: number, connect: Connect): Promise<number> {
  for (let at = 0; at < count; at++) (await connect()).close();
  return count;
}

function echoes(connection: Connection, count: number): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const send = (): void => {
      sent++;
      connection.echo(onAnswer);
    };
    const onAnswer = (): void => {
      if (sent < count) send();
      if (++answered === count) resolve();
    };
    while (sent < Math.min(DEPTH, count)) send();
  });
}

function receipts(connection: Connection, count: number): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    connection.ask(count, () => {
      if (++received === count) resolve();
    });
  });
}

/** Events of a socket that are not answered yet. */
const DEPTH = 4;
