import { clientFrame } from "../wire/frames.ts";
import { inParallel, OPENING, type Load, type LoadOptions } from "./load.ts";
import { WebSocketClient } from "./websocket-client.ts";

export interface AskShape {
  /** Of each server. */
  readonly clients: number;
  /** What one client asks for again and again: the next time when all have what came of it. */
  readonly event: (clients: number) => readonly unknown[];
  /** How often what is asked for is delivered, to all clients together. */
  readonly deliveries: (clients: number) => number;
  /** Rooms that a client joins. */
  readonly rooms?: (at: number, clients: number) => readonly string[];
}

/** Clients that get what one of them asks for. A message is one delivery. The times are those of deliveries by the last server. */
export function ask(shape: AskShape): Load {
  return async (options) => {
    const perServer = options.clients ?? shape.clients;
    const clients = await open(shape, options, perServer);
    const request = clientFrame(`42${JSON.stringify(shape.event(perServer))}`);
    const round = shape.deliveries(perServer) * options.ports.length;
    const isFar = (at: number): boolean => options.ports.length > 1 && at >= clients.length - perServer;
    let delivered = 0;
    let missing = round;
    let askedAt = 0;
    const times: number[] = [];
    clients.forEach((client, at) => {
      const far = isFar(at);
      client.onMessage = (opcode, bytes, from, to) => {
        options.observe?.(opcode, bytes.subarray(from, to));
        delivered++;
        if (far) times.push(performance.now() - askedAt);
        if (--missing === 0) begin();
      };
    });
    begin();
    return {
      messages: () => delivered,
      times: () => times.splice(0),
      stop: () => clients.forEach((client) => client.close()),
    };

    function begin(): void {
      missing = round;
      askedAt = performance.now();
      clients[0]!.socket.write(request);
    }
  };
}

/** Those of the first server come first. */
async function open(shape: AskShape, { ports }: LoadOptions, perServer: number): Promise<WebSocketClient[]> {
  const clients: WebSocketClient[] = [];
  await inParallel(perServer * ports.length, OPENING, async (at) => {
    const client = await WebSocketClient.open(ports[Math.floor(at / perServer)]!);
    clients[at] = client;
    const rooms = shape.rooms?.(at % perServer, perServer) ?? [];
    if (rooms.length === 0) return;
    // The answer to what is sent behind the wishes to join rooms says that they were fulfilled.
    for (const room of rooms) client.socket.write(clientFrame(`42["join",${JSON.stringify(room)}]`));
    const joined = client.messages(1);
    client.socket.write(clientFrame('42100["echo",{}]'));
    await joined;
  });
  return clients;
}
