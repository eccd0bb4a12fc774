import { TEXT } from "../wire/frames.ts";
import { inParallel, OPENING, type Load } from "./load.ts";
import { WebSocketClient } from "./websocket-client.ts";

/** Clients that say nothing but pong. A message is a ping and its pong. */
export function quiet({ clients: usual }: { readonly clients: number }): Load {
  return async ({ ports, clients: count = usual, observe }) => {
    const clients: WebSocketClient[] = [];
    let pings = 0;
    await inParallel(count, OPENING, async () => {
      const client = await WebSocketClient.open(ports[0]!);
      clients.push(client);
      client.onPing = () => {
        pings++;
        observe?.(TEXT, PING);
      };
    });
    return { messages: () => pings, stop: () => clients.forEach((client) => client.close()) };
  };
}

const PING = Buffer.from("2");
