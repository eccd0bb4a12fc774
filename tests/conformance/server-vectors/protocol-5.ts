import type { Server, Socket } from "socket.io";
import type { Stage } from "../server/stage.ts";
import { RecordingPeer, shown, type Exchange, type Replay } from "./exchange.ts";

const CONNECT_TIMEOUT_MS = 400;

export const protocol5: Replay = async (stage, exchange) => {
  const { log, peer } = await joined(stage, exchange);
  for (const frame of exchange.sent ?? []) {
    peer.send(frame);
    // In the recording the server had time between joining or leaving and what follows.
    if (typeof frame === "string" && /^4[01]/.test(frame)) await stage.quiet();
  }
  if (exchange.name.includes(`(${CONNECT_TIMEOUT_MS}ms)`)) {
    await stage.quiet();
    stage.clock.advance(CONNECT_TIMEOUT_MS);
  }
  return seen(exchange, peer, log);
};

export const closing: Replay = async (stage, exchange) => {
  const { io, log, peer } = await joined(stage, exchange);
  peer.send("40");
  await peer.frames(1);
  void io.close();
  return seen(exchange, peer, log);
};

interface Joined {
  readonly io: Server;
  readonly log: unknown[][];
  readonly peer: RecordingPeer;
}

async function joined(stage: Stage, { connectReply = [] }: Exchange): Promise<Joined> {
  const io = await stage.serve({ connectTimeout: CONNECT_TIMEOUT_MS });
  const log: unknown[][] = [];
  application(io, log);
  io.engine.on("connection", (conn: Socket["conn"]) => {
    conn.on("close", (reason, description) => log.push(["engine close", reason, description ?? null]));
  });
  const peer = await RecordingPeer.open(stage, "");
  if (connectReply.length > 0) {
    peer.send("40");
    await peer.frames(1);
    log.splice(0);
  }
  return { io, log, peer };
}

async function seen(
  { got = [], ...exchange }: Exchange,
  peer: RecordingPeer,
  log: unknown[][],
): Promise<Record<string, unknown>> {
  const frames = await peer.frames(got.length);
  return { ...exchange, got: frames, server: log };
}

/** The application that upstream's server ran. */
function application(io: Server, log: unknown[][]): void {
  for (const name of ["/", "/admin"]) {
    io.of(name).on("connection", (socket) => {
      log.push(["connection", name, socket.handshake.auth]);
      socket.onAny((...args: unknown[]) => {
        log.push(["event", name, args.map(shown)]);
        const ack = args.at(-1);
        if (typeof ack === "function") (ack as (...values: unknown[]) => void)(...args.slice(1, -1));
      });
      socket.on("error", (error) => log.push(["error", name, error?.message ?? null]));
      socket.on("disconnect", (reason) => log.push(["disconnect", name, reason]));
    });
  }
  io.of("/mw").use((_socket, next) =>
    next(Object.assign(new Error("Not authorized"), { data: { content: "Please retry later" } })),
  );
  io.of("/mw2").use((_socket, next) => next(new Error("nope")));
  io.of("/srv").on("connection", emitMany);
  io.of("/bye").on("connection", (socket) => socket.disconnect());
  io.of("/bye2").on("connection", (socket) => socket.disconnect(true));
  io.of(/^\/dyn-\d+$/).on("connection", (socket) => socket.emit("hi", socket.nsp.name));
}

function emitMany(socket: Socket): void {
  socket.emit("ev", 1, "two", { a: null });
  socket.emit("bin", Buffer.from([1, 2]), { b: [Buffer.from([3])] });
  socket.emit("ack", 1, () => {});
  socket.emit("date", new Date(0), undefined, NaN, Infinity);
  socket.emit("nested", { u: undefined, big: [NaN] });
  socket.emit("arr", new Uint8Array([9, 8]).buffer, new Uint16Array([1, 2]));
}
