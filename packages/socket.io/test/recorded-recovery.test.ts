import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ticks, type FakeConnection } from "./support/fake-engine.ts";
import { recorded, shown } from "./support/recorded.ts";
import { recovering } from "./support/recovery.ts";

/** What a client of upstream's server saw that was cut off and came back (tests/vectors/socketio-server.json). */
interface RecordedRecovery {
  name: string;
  connect?: string;
  first?: string;
  live?: string[];
  reconnectReply?: unknown[];
  got?: unknown[];
}

const vectors = new Map(
  (recorded as unknown as RecordedRecovery[])
    .filter(({ name }) => name.startsWith("recovery: "))
    .map((vector) => [vector.name.slice("recovery: ".length), vector]),
);

/** The application and the client of the recordings, up to the loss of the first connection. */
async function cutOff() {
  const { server, io, sockets } = recovering();
  io.on("connection", (socket) => {
    socket.on("ask", (answer: () => void) => answer());
    if (socket.recovered) return;
    void socket.join("room");
    socket.emit("first");
  });
  const one = server.engine.connect();
  one.receive("0{}");
  await ticks();
  const [connect, first] = one.take() as [string, string];
  const { pid } = JSON.parse(connect.slice(1)) as { pid: string };
  const offset = (JSON.parse(first.slice(1)) as string[]).at(-1)!;
  io.emit("bcast", 1);
  io.to("room").emit("room", 2);
  const live = one.take() as string[];
  one.end("transport close");
  io.emit("missed", Buffer.from([1]));
  io.emit("missed2");
  const returns = async (auth: object): Promise<FakeConnection> => {
    const conn = server.engine.connect();
    conn.receive(`0${JSON.stringify(auth)}`);
    await ticks();
    return conn;
  };
  return { pid, offset, connect, first, live, returns, sockets };
}

/** Frames with names instead of ids and offsets. */
function frames(messages: readonly unknown[]): unknown[] {
  return messages.map((message) => {
    if (typeof message !== "string") return message;
    return message
      .replace(/"sid":"[^"]+"/, '"sid":"<sid>"')
      .replace(/"pid":"[^"]+"/, '"pid":"<pid>"')
      .replace(/,"[\w.-]+"\]$/, ',"<offset>"]');
  });
}

const sent = (messages: readonly (string | Buffer)[]): unknown[] =>
  frames(messages.map((message) => (typeof message === "string" ? `4${message}` : shown(message))));

describe("a client that comes back is answered as upstream's server answered", () => {
  test("all the recorded exchanges of recovery are here", () => {
    assert.deepEqual(
      [...vectors.keys()],
      [
        "ok",
        "unknown pid",
        "unknown offset",
        "same pid again",
        "after client namespace disconnect",
        "ack has no offset",
      ],
    );
  });

  test("recovery: ok", async () => {
    const vector = vectors.get("ok")!;
    const { pid, offset, connect, first, live, returns } = await cutOff();
    assert.deepEqual(sent([connect, first, ...live]), frames([vector.connect, vector.first, ...vector.live!]));
    const back = await returns({ pid, offset });
    assert.deepEqual(sent(back.take()), frames(vector.reconnectReply!));
  });

  test("recovery: unknown pid", async () => {
    const { offset, returns } = await cutOff();
    const back = await returns({ pid: "x".repeat(20), offset });
    assert.deepEqual(sent(back.take()), frames(vectors.get("unknown pid")!.got!));
  });

  test("recovery: unknown offset", async () => {
    const { pid, returns } = await cutOff();
    const back = await returns({ pid, offset: "unknown" });
    assert.deepEqual(sent(back.take()), frames(vectors.get("unknown offset")!.got!));
  });

  test("recovery: same pid again; but the one that had it is closed (hostile.md, 2)", async () => {
    const { pid, offset, returns } = await cutOff();
    const back = await returns({ pid, offset });
    back.take();
    const again = await returns({ pid, offset });
    assert.deepEqual(sent(again.take()), frames(vectors.get("same pid again")!.got!));
    assert.equal(back.readyState, "closed");
  });

  test("recovery: after client namespace disconnect (deviates: row Q-6, a new session)", async () => {
    const { pid, offset, returns } = await cutOff();
    const back = await returns({ pid, offset });
    back.receive("1");
    await ticks();
    const got = sent((await returns({ pid, offset })).take());
    assert.notDeepEqual(got, frames(vectors.get("after client namespace disconnect")!.got!));
    assert.deepEqual(got, frames(vectors.get("unknown pid")!.got!));
  });

  test("recovery: ack has no offset", async () => {
    const { pid, offset, returns } = await cutOff();
    const back = await returns({ pid, offset });
    back.take();
    back.receive('27["ask"]');
    await ticks();
    assert.deepEqual(sent(back.take()), vectors.get("ack has no offset")!.got);
  });
});
