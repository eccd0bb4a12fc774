import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { io, type Socket } from "socket.io-client";
import { serveUpstream } from "./support/upstream-server.ts";

const MAX_BYTES = 1000;

async function connect(t: TestContext, transport: "polling" | "websocket"): Promise<Socket> {
  const { server, url } = await serveUpstream(t, { maxHttpBufferSize: MAX_BYTES });
  // oxlint-disable-next-line typescript/no-explicit-any -- upstream's socket
  server.on("connection", (peer: any) => {
    peer.on("a", (value: string | Uint8Array, answer: (length: number) => void) => answer(value.length));
  });
  const socket = io(url, { forceNew: true, transports: [transport], reconnection: false });
  t.after(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return socket;
}

// `420["a",""]`: what stands around the text. Ids have one digit here.
const AROUND = 11;

for (const [transport, most, text] of [
  ["websocket", MAX_BYTES, "raw"],
  // `b` and base64, of which each 3 bytes take 4 characters.
  ["polling", 747, "in base64"],
] as const) {
  test(`over ${transport} text of as many bytes as the server takes arrives, and one byte more is refused before`, async (t) => {
    const socket = await connect(t, transport);
    const room = MAX_BYTES - AROUND;
    assert.equal(await socket.emitWithAck("a", "x".repeat(room)), room);
    // Two bytes each, so that half as many characters exceed it.
    const wide = "é".repeat(room / 2 + 1);
    await assert.rejects(socket.emitWithAck("a", wide), { code: "ERR_TOO_LARGE" });
    await assert.rejects(socket.emitWithAck("a", "x".repeat(room + 1)), {
      message: `"a" (${MAX_BYTES + 1} bytes) exceeds maxPayload (${MAX_BYTES} bytes)`,
    });
    assert.equal(await socket.emitWithAck("a", "still there"), 11);
  });

  test(`over ${transport} bytes travel ${text}: ${most} arrive, and one more is refused before`, async (t) => {
    const socket = await connect(t, transport);
    assert.equal(await socket.emitWithAck("a", new Uint8Array(most)), most);
    await assert.rejects(socket.emitWithAck("a", new Uint8Array(most + 1)), { code: "ERR_TOO_LARGE" });
    assert.equal(await socket.emitWithAck("a", "still there"), 11);
  });
}
