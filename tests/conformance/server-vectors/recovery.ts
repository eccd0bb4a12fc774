import type { Server } from "socket.io";
import type { Stage } from "../server/stage.ts";
import { RecordingPeer, type Replay } from "./exchange.ts";

/** What a client keeps of a session to take it up again. */
interface Kept {
  readonly pid: string;
  /** Of the first event. */
  readonly offset: string;
}

export const recovery: Replay = async (stage, { name, ...exchange }) => {
  const io = await stage.serve({ connectionStateRecovery: {} });
  application(io);
  const expected = (exchange.reconnectReply ?? exchange.got ?? []).length;
  const take = async (kept: Kept | undefined): Promise<unknown[]> => {
    const peer = await RecordingPeer.open(stage, "");
    peer.send(kept === undefined ? "40" : `40${JSON.stringify(kept)}`);
    return withoutOffsets(await peer.frames(expected));
  };
  switch (name) {
    case "recovery: ok": {
      const { kept: _kept, ...seen } = await lost(stage, io);
      return { name, ...seen, reconnectReply: await take(_kept) };
    }
    case "recovery: unknown pid":
      return { name, got: await take({ pid: "unknown", offset: "unknown" }) };
    case "recovery: unknown offset":
      return { name, got: await take({ ...(await lost(stage, io)).kept, offset: "unknown" }) };
    case "recovery: same pid again": {
      const { kept } = await lost(stage, io);
      await take(kept);
      return { name, got: await take(kept) };
    }
    case "recovery: after client namespace disconnect": {
      const { kept } = await lost(stage, io);
      const peer = await RecordingPeer.open(stage, "");
      peer.send(`40${JSON.stringify(kept)}`);
      await peer.frames(expected);
      peer.send("41");
      await stage.quiet();
      return { name, got: await take(kept) };
    }
    default: {
      const peer = await RecordingPeer.open(stage, "");
      peer.send("40");
      await peer.frames(2);
      peer.send('427["ack"]');
      return { name, got: withoutOffsets(await peer.frames(expected)) };
    }
  }
};

/** A session that has broken off, and missed two events. */
async function lost(
  stage: Stage,
  io: Server,
): Promise<{ kept: Kept; connect: unknown; first: unknown; live: unknown }> {
  const peer = await RecordingPeer.open(stage, "");
  const connected = stage.event(io, "connection");
  peer.send("40");
  const [socket] = await connected;
  const [connect, first] = await peer.frames(2);
  io.emit("bcast", 1);
  io.to("room").emit("room", 2);
  const live = await peer.frames(2);
  const gone = stage.event(socket, "disconnect");
  peer.socket.terminate();
  await gone;
  io.emit("missed", Buffer.from([1]));
  io.to("room").emit("missed2");
  const offset = String(/"([^"]+)"\]$/.exec(String(first))?.[1]);
  const kept = { pid: (socket as unknown as { pid: string }).pid, offset };
  return { kept, connect, first: withoutOffsets([first])[0], live: withoutOffsets(live) };
}

function application(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("ack", (ack: () => void) => ack());
    if (socket.recovered) return;
    void socket.join("room");
    socket.emit("first");
  });
}

/** Offsets differ from run to run: the last argument of events. */
export function withoutOffsets(frames: readonly unknown[]): unknown[] {
  return frames.map((frame) =>
    typeof frame === "string" ? frame.replace(/^(4[25].*),"[\w-]{7,}(\.\d+)?"\]$/, '$1,"<offset>"]') : frame,
  );
}
