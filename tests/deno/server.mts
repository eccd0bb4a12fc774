import { createServer } from "node:http";
import { Server } from "socket.io";
import * as msgpack from "socket.io-msgpack-parser";

/*
 * A Socket.IO server in Deno, which has an HTTP/3 server: polling and WebSocket on a TCP port, WebTransport on the UDP port of
 * the same number. Says where it listens, and what the application sees, a line of JSON each.
 */
const [cert, key] = Deno.args.slice(0, 2).map((file) => Deno.readTextFileSync(file));
const isMsgpack = Deno.args[2] === "msgpack";

const http = createServer((_req, res) => {
  res.setHeader("content-type", "text/html");
  res.end("<!doctype html><title>webtransport</title>");
});
const io = new Server(http, {
  transports: ["polling", "websocket", "webtransport"],
  cors: { origin: "*" },
  maxHttpBufferSize: 1e6,
  ...(isMsgpack ? { parser: msgpack } : {}),
});

io.engine.use((req: { url: string; seen?: string }, _res: unknown, next: () => void) => {
  req.seen = /transport=(\w+)/.exec(req.url)?.[1];
  next();
});

io.on("connection", (socket) => {
  say({
    event: "connection",
    transport: socket.conn.transport.name,
    secure: socket.handshake.secure,
    seen: socket.request?.seen,
  });
  socket.conn.on("upgrade", (transport: { name: string }) => say({ event: "upgrade", transport: transport.name }));
  socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
  socket.on("leave", (words: string) => {
    socket.emit("words", words);
    socket.disconnect(true);
  });
  socket.on("words", (words: string) => say({ event: "words", words }));
  socket.on("disconnect", (reason: string) => say({ event: "disconnect", reason }));
});

http.listen(0, "127.0.0.1", () => {
  const { port } = http.address() as { port: number };
  const listener = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port }).listen({ cert, key, alpnProtocols: ["h3"] });
  say({ event: "listening", port });
  void serve(listener);
});

async function serve(listener: AsyncIterable<Deno.QuicConn>): Promise<void> {
  for await (const connection of listener) void accept(connection);
}

async function accept(connection: Deno.QuicConn): Promise<void> {
  try {
    const session = await Deno.upgradeWebTransport(connection);
    await session.ready;
    await io.engine.onWebTransportSession(session);
  } catch (error) {
    say({ event: "refused", reason: String(error) });
  }
}

function say(line: object): void {
  console.log(JSON.stringify(line));
}
