import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { Server, Socket } from "socket.io";
import type { Socket as Client } from "socket.io-client";
import { listen } from "../../support/listening.ts";

/* oxlint-disable typescript/no-explicit-any -- adapters of several kinds, with methods of their own */

/** Where a server and its client come from, and further options of the server. */
export interface StageModules {
  readonly Server: any;
  readonly connect: any;
  readonly options?: object;
}

/** One of the two servers of a recording, with one client. */
export class StageNode {
  private constructor(
    readonly io: Server,
    readonly client: Client,
    readonly socket: Socket,
    /** Names and arguments of the events that the client has heard. */
    readonly heard: unknown[][],
    private readonly http: HttpServer,
  ) {}

  /** As in the recordings: a client in `room1` that answers, a listener for other servers, and a namespace of its own. */
  static async start(number: number, adapter: (nsp: any) => any, modules: StageModules): Promise<StageNode> {
    const http = createServer();
    const io: Server = new modules.Server(http, { transports: ["websocket"], adapter, ...modules.options });
    io.of("/chat");
    const port = await listen(http);
    const connection = once(io, "connection");
    const client: Client = modules.connect(`http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      reconnection: false,
    });
    const heard: unknown[][] = [];
    client.onAny((...event: unknown[]) => heard.push(event));
    client.on("q", (_: unknown, answer: (value: unknown) => void) => answer(`r${number}`));
    client.on("qb", (answer: (value: unknown) => void) => answer(Buffer.from([number])));
    io.on("srv", (_: unknown, answer?: (value: unknown) => void) => answer?.(`s${number}`));
    const [socket] = (await connection) as [Socket];
    if (!client.connected) await new Promise<void>((resolve) => client.once("connect", resolve));
    socket.on("fence", (answer: () => void) => answer());
    socket.data = { user: `u${number}` };
    await socket.join("room1");
    return new StageNode(io, client, socket, heard, http);
  }

  adapter(namespace = "/"): any {
    return this.io.of(namespace).adapter;
  }

  async stop(): Promise<void> {
    this.client.close();
    const closed = once(this.http, "close");
    await this.io.close();
    await closed;
  }
}
