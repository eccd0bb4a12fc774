/*
 * A server in a process of its own, which the test tells when to close. It writes one line of JSON for each thing that
 * happens; its last one, "exit", only when nothing keeps the process alive any more. The channel to the test doesn't.
 */
import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import { Server as Engine } from "engine.io";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
import { Server, type ServerOptions } from "socket.io";
import { portOf } from "../../../../tests/support/listening.ts";

export type Way = "port" | "server" | "bound";

const [way, extra = "{}"] = process.argv.slice(2) as [Way, string?];

function log(...what: unknown[]): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

const given = JSON.parse(extra) as Partial<ServerOptions> & { connectionStateRecovery?: object };
const Base = given.connectionStateRecovery === undefined ? Adapter : SessionAwareAdapter;

class LoggingAdapter extends Base {
  override close(): void {
    log("adapter closed", (this.nsp as { name: string }).name);
    void super.close();
  }
}

const options: Partial<ServerOptions> = { adapter: LoggingAdapter, ...given };
const http = way === "port" ? undefined : createServer((_req, res) => res.end("elsewhere"));
const io = way === "port" ? new Server(0, options) : new Server(options);
if (way === "server") io.attach(http!);
if (way === "bound") {
  const engine = new Engine(options);
  engine.attach(http!, { path: "/socket.io/" });
  io.bind(engine);
}
const server = http ?? (io.httpServer as HttpServer);

io.engine.use((req: IncomingMessage, _res: unknown, next: () => void) => {
  if (req.url?.includes("stuck=1")) log("engine middleware entered");
  else next();
});
io.of("/slow").use(() => log("middleware entered"));
io.on("connection", (socket) => {
  log("connection", socket.conn.transport.name);
  socket.emit("ask plain", () => log("never"));
  socket.timeout(3_600_000).emit("ask timed", () => log("never"));
  socket.emitWithAck("ask promise").catch((error: Error) => log("ack rejected", error.message));
  socket.on("disconnecting", (reason) => log("disconnecting", reason));
  socket.on("disconnect", (reason) => log("disconnect", reason));
});
server.on("close", () => log("http closed"));

function close(): void {
  io.timeout(3_600_000).emit("ask all", () => log("never"));
  // Large enough that the operating system does not take all of it at once.
  for (let i = 1; i <= 3; i++) io.emit("bye", i, "x".repeat(4_000_000));
  const answered = io.close((error) => log("callback", error?.message ?? null));
  void answered.then(async () => {
    log("promise");
    await io.close((error) => log("second callback", (error as { code?: string } | undefined)?.code ?? null));
    log("second promise", io.engine.clientsCount);
    if (way === "bound") server.close();
  });
}

process.on("message", close);
process.on("exit", (code) => log("exit", code));
const ready = (): void => log("port", portOf(server));
if (way === "port") server.once("listening", ready);
else server.listen(0, "127.0.0.1", ready);
process.channel?.unref();
