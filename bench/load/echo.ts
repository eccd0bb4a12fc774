import type { Request } from "../wire/messages.ts";
import { inParallel, OPENING, type Load } from "./load.ts";
import { WebSocketClient } from "./websocket-client.ts";

export interface EchoShape {
  readonly clients: number;
  /** Events of a client that are not answered yet. */
  readonly depth: number;
  /** Events in one write. */
  readonly batch: number;
  readonly requests: () => readonly Request[];
  readonly join?: Buffer;
}

/** Clients that send events and get each one back with its acknowledgement. A message is one of these. */
export function echo(shape: EchoShape): Load {
  return async ({ ports, clients: count = shape.clients, observe }) => {
    const writes = batches(shape.requests(), shape.batch);
    const clients: WebSocketClient[] = [];
    let answered = 0;
    await inParallel(count, OPENING, async () => {
      clients.push(await WebSocketClient.open(ports[0]!, shape));
    });
    for (const client of clients) start(client);
    return { messages: () => answered, stop: () => clients.forEach((client) => client.close()) };

    function start(client: WebSocketClient): void {
      let next = 0;
      let missing = writes[0]!.answers;
      const write = (): void => {
        client.socket.write(writes[next]!.bytes);
        next = (next + 1) % writes.length;
      };
      client.onMessage = (opcode, bytes, from, to) => {
        observe?.(opcode, bytes.subarray(from, to));
        if (--missing > 0) return;
        missing = writes[0]!.answers;
        answered += shape.batch;
        write();
      };
      for (let sent = 0; sent < shape.depth; sent += shape.batch) write();
    }
  };
}

/** All of the same number of answers. */
function batches(requests: readonly Request[], batch: number): Request[] {
  return Array.from({ length: Math.floor(requests.length / batch) }, (_, at) => {
    const part = requests.slice(at * batch, (at + 1) * batch);
    return {
      bytes: Buffer.concat(part.map(({ bytes }) => bytes)),
      answers: part.reduce((sum, { answers }) => sum + answers, 0),
    };
  });
}
