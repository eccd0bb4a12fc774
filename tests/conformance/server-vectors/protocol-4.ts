import type { Server } from "socket.io";
import { RecordingPeer, shown, type Replay } from "./exchange.ts";

/** The id of the session that was recorded; ids of sockets are made of it. */
const RECORDED_SESSION = "zdKI4ZnKkxkV9LEuAABp";

/** Clients of Socket.IO 2, over revision 3 of the engine. */
export const protocol4: Replay = async (stage, exchange) => {
  const io = await stage.serve({ allowEIO3: true });
  const log: unknown[][] = [];
  application(io, log, exchange.name);
  const peer = await RecordingPeer.open(stage, "?EIO=3&transport=websocket");
  await stage.quiet();
  for (const frame of exchange.sent ?? []) {
    peer.send(frame);
    if (typeof frame === "string" && frame.startsWith("40")) await stage.quiet();
  }
  const frames = await peer.frames(exchange.got?.length ?? 0);
  const got = frames.map((frame) =>
    typeof frame === "string" ? frame.replace(peer.sessionId, RECORDED_SESSION) : frame,
  );
  return { ...exchange, got, server: log };
};

/** The application that upstream's server ran. */
function application(io: Server, log: unknown[][], exchange: string): void {
  if (exchange === "EIO3: root middleware error") io.use((_socket, next) => next(new Error("root refused")));
  for (const name of ["/", "/admin"]) {
    io.of(name).on("connection", (socket) => {
      if (name !== "/") log.push(["connection", name, socket.handshake.auth]);
      socket.onAny((...args: unknown[]) => {
        log.push(["event", name, args.map(shown)]);
        const ack = args.at(-1);
        if (typeof ack === "function") (ack as (...values: unknown[]) => void)(...args.slice(1, -1));
      });
      socket.on("disconnect", (reason) => log.push(["disconnect", name, reason]));
      if (name === "/") {
        socket.conn.on("close", (reason, description) => log.push(["engine close", reason, description ?? null]));
      }
    });
  }
  io.of("/mw").use((_socket, next) => next(Object.assign(new Error("no"), { data: { content: "later" } })));
  io.of("/mw2").use((_socket, next) => next(new Error("nope")));
  io.of("/srv").on("connection", (socket) => {
    socket.emit("ev", 1);
    socket.emit("bin", Buffer.from([1, 2]));
    socket.emit("id", socket.id, socket.handshake.query, socket.handshake.auth);
  });
}
