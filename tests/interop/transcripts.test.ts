import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { describe, type TestContext } from "node:test";
import type { Server, Socket } from "socket.io";
import { assertNoLimit } from "../support/limits.ts";
import { listen } from "../support/listening.ts";
import { loadParser, loadServer, type Maker } from "./implementations.js";
import { Replay, type Transcript } from "./transcripts/replay.js";

const { vectors } = JSON.parse(readFileSync(new URL("../vectors/transcripts.json", import.meta.url), "utf8")) as {
  vectors: Transcript[];
};

/** With servers of 2.x, which are here to compare with. */
const ELSEWHERE = /^v[24]client-v2server/;
const replayed = vectors.filter(({ name }) => !ELSEWHERE.test(name));

/** Where ours is meant to differ: what upstream sends, what we send. */
const OURS: Readonly<Record<string, string>> = {
  // protocols.md 9.2, 17
  '44/nope,{"message":"Invalid namespace"}': '44/nope,"Invalid namespace"',
};

test("all transcripts with a server of Socket.IO 4 are replayed", () => {
  assert.equal(vectors.length, 20);
  assert.equal(replayed.length, 16);
  for (const { server, name } of replayed) assert.equal(server, "socket.io 4.8.4", name);
});

for (const maker of ["ours", "upstream"] as const) {
  describe(`the ${maker} server says what was recorded`, () => {
    for (const transcript of replayed) {
      test(transcript.name, { timeout: 10_000 }, async (t) => {
        const port = await serve(t, maker, transcript);
        const differs = maker === "ours" && transcript.name.startsWith("v2client") ? OURS : {};
        const replay = new Replay(port, transcript, differs);
        t.after(() => replay.close());
        for (const step of transcript.steps) await replay.step(step);
      });
    }
  });
}

/** The server that was recorded, closed after the test. */
async function serve(t: TestContext, maker: Maker, { name, serverOptions }: Transcript): Promise<number> {
  const http = createServer();
  const parser = "parser" in serverOptions ? { parser: loadParser(maker) } : {};
  const io = new (loadServer(maker).Server)(http, { ...serverOptions, ...parser });
  application(io, name);
  const port = await listen(http);
  t.after(async () => {
    const closed = io.close();
    http.closeAllConnections();
    await closed;
    if (maker === "ours") assertNoLimit(io, serverOptions);
  });
  return port;
}

/** Whoever is cut off misses two events. */
function toBeRecovered(io: Server, socket: Socket): void {
  if (socket.recovered) return;
  socket.emit("first", socket.handshake.auth);
  io.emit("live", 1);
  socket.on("disconnect", () => {
    io.emit("missed", 2);
    io.emit("missed-bin", Buffer.from([7]));
  });
}

function application(io: Server, name: string): void {
  io.on("connection", (socket) => {
    if (name === "v4-server-disconnect") return void socket.disconnect();
    if (name === "v4-recovery") return toBeRecovered(io, socket);
    socket.on("hello", (text, answer) => answer("world", text));
    socket.on("bin", (bytes, answer) => {
      socket.emit("bin-back", bytes, { nested: [bytes] });
      answer?.(bytes);
    });
    socket.on("ask", () => socket.emit("question", 1, (n: number) => socket.emit("answer", n)));
  });
  io.of("/x").on("connection", (socket) => void socket.disconnect(true));
  io.of("/mw").use((_socket, next) => next(Object.assign(new Error("not authorized"), { data: { code: 42 } })));
  io.of("/admin").on("connection", (socket) => {
    const { auth, query } = socket.handshake;
    socket.emit("auth", auth, ...(query["token"] === "abc" ? [true] : []));
  });
}
