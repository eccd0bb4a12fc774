import assert from "node:assert/strict";
import test from "node:test";
import { Server, type ServerOptions } from "socket.io";
import { serve as serveFake, ticks } from "./support/fake-engine.ts";

type Rates = ServerOptions["rateLimit"];

/** A connection that has joined, and the names of the events that reached its listeners. */
async function serve(rateLimit: Rates) {
  const { io, engine, clock } = serveFake({ rateLimit });
  const counts = new Map<string, number>();
  const limitsReached = { count: (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1) };
  Object.assign(engine, { limitsReached });
  const heard: string[] = [];
  const ended: unknown[] = [];
  io.on("connection", (socket) => {
    socket.onAny((name: string, ack?: unknown) => {
      heard.push(name);
      if (typeof ack === "function") ack("done");
    });
    socket.on("disconnect", (reason, error: { code?: string }) => ended.push(reason, error?.code));
  });
  const peer = engine.connect();
  await peer.join();
  const say = async (...messages: (string | Buffer)[]): Promise<string[]> => {
    peer.receive(...messages);
    await ticks();
    return peer.take().map(String);
  };
  return { io, peer, clock, heard, ended, say, counts };
}

const answer = (limit: string, retryAfter: number): string =>
  JSON.stringify([{ code: "ERR_RATE_LIMITED", message: `too much at a time: rateLimit.${limit}`, retryAfter }]);

test("events beyond their rate are not delivered; who awaits an acknowledgement is told, and when to try again", async () => {
  const { clock, heard, say, peer, counts } = await serve({ events: { chat: { perSecond: 2, burst: 1 } } });
  const answers = await say('21["chat"]', '22["chat"]', '2["chat"]');
  assert.deepEqual(answers.sort(), ['31["done"]', `32${answer("events.chat", 500)}`]);
  assert.deepEqual(heard, ["chat"]);
  clock.advance(500);
  assert.deepEqual(await say('23["chat"]'), ['33["done"]']);
  assert.deepEqual([...counts], [["rateLimit.events.chat", 2]]);
  assert.equal(peer.readyState, "open");
});

test("events without a rate of their own share that of *, in all namespaces, whatever names a client makes up", async () => {
  const { heard, say } = await serve({ events: { chat: { perSecond: 1 }, "*": { perSecond: 3 } } });
  await say('2["chat"]', ...Array.from({ length: 100 }, (_, at) => `2["made up ${at}"]`));
  assert.deepEqual(heard, ["chat", "made up 0", "made up 1", "made up 2"]);
});

test("with drop nobody is told", async () => {
  const { heard, say } = await serve({ packets: { perSecond: 1, burst: 2 }, excess: "drop" });
  assert.deepEqual(await say('21["a"]', '22["b"]'), ['31["done"]']);
  assert.deepEqual(heard, ["a"]);
});

test("with disconnect the connection ends, and its sockets know why", async () => {
  const { say, ended, peer, counts } = await serve({ packets: { perSecond: 1, burst: 2, excess: "disconnect" } });
  await say('2["a"]', '2["b"]', '2["c"]');
  assert.deepEqual(ended, ["forced close", "ERR_RATE_LIMITED"]);
  assert.equal(peer.readyState, "closed");
  assert.deepEqual([...counts], [["rateLimit.packets", 1]]);
});

test("bytes count with their attachments, and a large packet passes when the bucket is full", async () => {
  const { clock, heard, say } = await serve({ bytes: { perSecond: 100, burst: 200 } });
  clock.advance(10_000);
  await say('51-["big",{"_placeholder":true,"num":0}]', Buffer.alloc(960), '2["a"]');
  assert.deepEqual(heard, ["big"]);
  clock.advance(7000);
  await say('2["a"]');
  assert.deepEqual(heard, ["big"]);
  clock.advance(2000);
  await say('2["a"]');
  assert.deepEqual(heard, ["big", "a"]);
});

test("CONNECT beyond the rate is refused, acknowledgements and DISCONNECT are served", async () => {
  const { io, say, ended } = await serve({ packets: { perSecond: 0.001, burst: 2 } });
  io.of("/n");
  const answers: unknown[] = [];
  await say('2["a"]');
  for (const socket of io.sockets.sockets.values()) socket.emit("x", (value: unknown) => answers.push(value));
  const [, refusal] = await say("0/n,");
  assert.match(
    refusal!,
    /^4\/n,\{"message":"too much at a time: rateLimit.packets","data":\{"code":"ERR_RATE_LIMITED"/,
  );
  await say('30["yes"]', "1");
  assert.deepEqual([answers, ended], [["yes"], ["client namespace disconnect", undefined]]);
});

test("each connection has its own buckets, and numbers that make no sense are refused at once", async () => {
  const { io, engine } = serveFake({ rateLimit: { packets: { perSecond: 0.001 } } });
  io.on("connection", () => {});
  for (let peers = 0; peers < 3; peers++) await engine.connect().join();
  assert.equal(io.sockets.sockets.size, 3);
  assert.throws(
    () => new Server({ rateLimit: { events: { x: { perSecond: -1 } } } }),
    /^RangeError: rateLimit\.events\.x/,
  );
});
