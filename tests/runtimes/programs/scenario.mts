/** What client and server of the echo suite do, in whatever runtime they run. */
import type { Server, Socket as ServerSocket } from "engine.io";
import type { Socket, SocketOptions } from "engine.io-client";

export type Client = typeof import("engine.io-client");

/** Ways to connect, and the transport that carries the session in the end. */
export const MODES: Record<string, { options(client: Client): SocketOptions; carrier: string; needs?: string }> = {
  polling: { options: () => ({ transports: ["polling"] }), carrier: "polling" },
  "polling by fetch": { options: ({ Fetch }) => ({ transportImplementations: [Fetch] }), carrier: "polling" },
  websocket: { options: () => ({ transports: ["websocket"] }), carrier: "websocket" },
  "websocket by the global class": {
    options: ({ WebSocket }) => ({ transportImplementations: [WebSocket] }),
    carrier: "websocket",
    needs: "WebSocket",
  },
  upgrade: { options: () => ({}), carrier: "websocket" },
  "upgrade from fetch": {
    options: ({ Fetch, NodeWebSocket }) => ({ transportImplementations: [Fetch, NodeWebSocket] }),
    carrier: "websocket",
  },
};

/** Short, so that several heartbeats fit into a test; the timeout is what a busy machine may need. */
export const SERVER_OPTIONS = { pingInterval: 50, pingTimeout: 20_000 };

/** What a client saw, in a form that JSON can carry. */
export interface Report {
  readonly transport: string;
  readonly sameData: boolean;
  readonly buffers: boolean;
  /** Why the session ended that the server closed, as each side sees it; then that which the client closed. */
  readonly reasons: readonly string[];
}

export const EXPECTED: Omit<Report, "transport"> = {
  sameData: true,
  buffers: true,
  reasons: ["transport close", "forced close", "forced close", "transport close"],
};

/** Sends back what it is sent; on "close" it closes, on "reasons" it says how sessions ended that sent "remember". */
export function serveEcho(engine: Server): void {
  const reasons: string[] = [];
  engine.on("connection", (socket: ServerSocket) => {
    socket.on("message", (data: string | Buffer) => {
      if (data === "close") socket.close();
      else if (data === "remember") socket.on("close", (reason: string) => reasons.push(reason));
      else socket.send(data === "reasons" ? reasons.splice(0).join() : data);
    });
  });
}

/** Echoes before and after the upgrade, heartbeats, and both sides' close. */
export async function converse(client: Client, url: string, mode: string): Promise<Report> {
  const way = MODES[mode];
  if (way === undefined) throw new Error(`no mode ${mode}`);
  const { options, carrier } = way;
  const connect = async (): Promise<Socket> => {
    const socket = new client.Socket(url, options(client));
    await next(socket, "open");
    return socket;
  };

  const first = await connect();
  const large = new Uint8Array(100_000).map((_, n) => n % 251);
  const sent = ["hello", "€ \u{1F600}", new Uint8Array([0, 1, 255]), "x".repeat(100_000), large, "last"];
  const early = echoes(first, sent.slice(0, 3));
  await untilCarried(first, carrier);
  const received = [...(await early), ...(await echoes(first, sent.slice(3)))];
  for (let pings = 0; pings < 3; pings++) await next(first, "pong");
  const transport = first.transport.name;
  const ended = next(first, "close");
  first.send("remember").send("close");
  const reasons = [await ended, await reasonOfServer(first, client, url)];

  const second = await connect();
  await untilCarried(second, carrier);
  const left = next(second, "close");
  second.send("remember").close();
  reasons.push(await left, await reasonOfServer(second, client, url));

  const bytes = (data: unknown): Buffer => Buffer.from(data as string);
  return {
    transport,
    sameData: received.length === sent.length && received.every((data, n) => bytes(data).equals(bytes(sent[n]))),
    buffers: received.every((data, n) => Buffer.isBuffer(data) === (typeof sent[n] !== "string")),
    reasons: reasons as string[],
  };
}

async function echoes(socket: Socket, sent: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  const received: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    const onMessage = (data: unknown): void => {
      if (received.push(data) < sent.length) return;
      socket.off("message", onMessage);
      resolve();
    };
    socket.on("message", onMessage);
  });
  for (const data of sent) socket.send(data);
  await all;
  return received;
}

async function untilCarried(socket: Socket, carrier: string): Promise<void> {
  while (socket.transport.name !== carrier || socket.upgrading) await next(socket, "upgrade");
}

/** The next event's first argument. An error ends the wait. */
function next(socket: Socket, event: "open" | "upgrade" | "pong" | "close" | "message"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once(event, ((value: unknown) => {
      socket.off("error", reject);
      resolve(value);
    }) as () => void);
  });
}

/** Why the server thinks that a session ended: it may hear of it later than the client. */
async function reasonOfServer(ended: Socket, client: Client, url: string): Promise<unknown> {
  if (ended.readyState !== "closed") throw new Error(`still ${ended.readyState}`);
  const socket = new client.Socket(url, { transports: ["websocket"] });
  await next(socket, "open");
  let reason: unknown;
  while (!reason) {
    const answer = next(socket, "message");
    socket.send("reasons");
    reason = await answer;
  }
  const gone = next(socket, "close");
  socket.close();
  await gone;
  return reason;
}
