import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "socket.io-msgpack-parser/build/codec/encode.js";
import { ClusteredServer } from "../fuzz/support/clustered-server.ts";

/* What the fuzzer of tests/fuzz has found: each of these messages was thrown out of the handler, into the Redis client. */

const BROADCASTS = 0;
const REQUESTS = 1;
const ANSWERS = 2;

/** A server with pub/sub and one client, which hears what is emitted after a message that makes no sense. */
async function survives(channel: number, message: (question: string, socketId: string) => unknown): Promise<void> {
  const server = await ClusteredServer.start("pub/sub");
  try {
    await server.proper();
    const question = await server.ask();
    server.deliver(channel, Buffer.from(JSON.stringify(message(question, server.socketId))));
    await server.proveAlive();
    assert.ok(server.hasClient, "the client was sent away");
  } finally {
    await server.stop();
  }
}

/** Lists where there are none; the last one is no target at all, and does not mean everybody. */
const TARGETS = [{ rooms: 1 }, { rooms: [], except: { toString: 1 } }, { rooms: "room" }, { except: true }, 7, null];

test("a request to send away a target that is none is ignored", async () => {
  for (const opts of TARGETS) await survives(REQUESTS, () => ({ uid: "other", type: 4, opts, close: true }));
});

test("requests with something else in the place of a list are ignored", async () => {
  for (const rooms of [1, {}, "room", null]) {
    for (const type of [0, 2, 3, 5]) {
      await survives(REQUESTS, () => ({ uid: "other", requestId: "x", type, opts: {}, rooms }));
      await survives(REQUESTS, () => ({ requestid: "x", type, rooms }));
    }
  }
});

test("a broadcast to a target that is none is ignored", async () => {
  for (const opts of TARGETS) {
    const server = await ClusteredServer.start("pub/sub");
    await server.proper();
    server.deliver(BROADCASTS, encode(["other", { type: 2, data: ["news", 1], nsp: "/" }, opts]) as Buffer);
    await server.proveAlive();
    assert.ok(!server.heard.some((message) => String(message).includes("news")), JSON.stringify(opts));
    await server.stop();
  }
});

test("a number of clients that is none is ignored", async () => {
  for (const clientCount of [{ toString: 1 }, [[]], null, "x"]) {
    await survives(ANSWERS, (requestId) => ({ type: 8, requestId, clientCount }));
  }
});
