import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { createPacketDecoderStream, createPacketEncoderStream, type Packet } from "engine.io-parser";
import { type Socket, type SocketOptions, TransportError } from "engine.io-client";
import { connect, event, messages } from "./support/events.ts";
import { openPacket, PollingServer } from "./support/polling-server.ts";

/** WebTransport in memory: the client's class, and what the server sees of one session. */
class Session {
  static latest: (session: Session) => void = () => {};
  readonly ready = Promise.resolve();
  readonly closed: Promise<unknown>;
  end!: () => void;
  break!: (error: Error) => void;
  isClosed = false;
  /** Whether the server takes no notice of the end of the stream, as upstream's. */
  lingers = false;
  readonly #up = new TransformStream({ flush: () => (this.lingers ? undefined : this.end()) });
  readonly #down = new TransformStream();
  readonly #in: ReadableStreamDefaultReader<Packet>;
  readonly #out: WritableStreamDefaultWriter<Packet>;
  readonly raw: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor(
    readonly url: string,
    readonly options: unknown,
  ) {
    this.closed = new Promise((resolve, reject) => {
      this.end = () => resolve(undefined);
      this.break = reject;
    });
    const packets: ReadableStream<Packet> = this.#up.readable.pipeThrough(createPacketDecoderStream(1e6));
    this.#in = packets.getReader();
    const encoder = createPacketEncoderStream();
    encoder.readable.pipeTo(this.#down.writable).catch(() => {});
    this.#out = encoder.writable.getWriter();
    Session.latest(this);
  }

  createBidirectionalStream(): Promise<unknown> {
    return Promise.resolve({ readable: this.#down.readable, writable: this.#up.writable });
  }

  close(): void {
    this.isClosed = true;
    this.end();
  }

  endStream(): void {
    this.#out.close().catch(() => {});
  }

  async receive(): Promise<Packet> {
    return (await this.#in.read()).value!;
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) this.#out.write(packet).catch(() => {});
  }
}

function install(t: TestContext): Promise<Session> {
  const page = globalThis as unknown as { WebTransport?: unknown };
  page.WebTransport = Session;
  t.after(() => delete page.WebTransport);
  return new Promise((resolve) => (Session.latest = resolve));
}

const open = { type: "open", data: openPacket().slice(1) } as const;

describe("webtransport", { timeout: 60_000 }, () => {
  const start = async (t: TestContext, options: SocketOptions = {}): Promise<{ socket: Socket; session: Session }> => {
    const arrival = install(t);
    const socket = connect(t, "http://localhost:3000", { transports: ["webtransport"], ...options });
    return { socket, session: await arrival };
  };

  test("asks over https without a query, with the user's options, and opens by a packet", async (t) => {
    const { socket, session } = await start(t, { transportOptions: { webtransport: { congestionControl: "x" } } });
    assert.equal(session.url, "https://localhost:3000/engine.io/");
    assert.deepEqual(session.options, { congestionControl: "x" });
    assert.deepEqual(await session.receive(), { type: "open" });
    const opened = event(socket, "open");
    session.send(open);
    await opened;
    assert.equal(socket.transport.name, "webtransport");
  });

  test("asks over https where the socket is secure, too", async (t) => {
    const arrival = install(t);
    connect(t, "https://localhost:3000", { transports: ["webtransport"] });
    assert.equal((await arrival).url, "https://localhost:3000/engine.io/");
  });

  test("carries texts and bytes both ways", async (t) => {
    const { socket, session } = await start(t);
    await session.receive();
    socket.send("a").send(Uint8Array.of(1)).send("€");
    const received = messages(socket, 2);
    session.send(open, { type: "message", data: "x" }, { type: "message", data: Buffer.from([2]) });
    assert.deepEqual(await received, ["x", Buffer.from([2])]);
    const packets = [await session.receive(), await session.receive(), await session.receive()];
    assert.deepEqual(
      packets.map(({ data }) => data),
      ["a", Buffer.from([1]), "€"],
    );
    socket.send("later");
    assert.equal((await session.receive()).data, "later");
  });

  test("the session's end is 'transport close', its failure 'webtransport error'", async (t) => {
    const first = await start(t);
    first.session.send(open);
    await event(first.socket, "open");
    first.session.end();
    assert.equal((await event(first.socket, "close"))[0], "transport close");

    const second = await start(t);
    second.session.break(new Error("lost"));
    const [error] = await event(second.socket, "error");
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.message, (error.description as Error).message], ["webtransport error", "lost"]);
  });

  test("a frame larger than maxPayload ends the session", async (t) => {
    const { socket, session } = await start(t, { maxPayload: 200 });
    session.send(open, { type: "message", data: "x".repeat(200) });
    assert.equal((await event(socket, "close"))[0], "transport error");
    assert.equal(session.isClosed, true);
  });

  test("close() ends the stream, and 5 s later the session if the server hasn't", async (t) => {
    const { socket, session } = await start(t);
    session.send(open);
    await event(socket, "open");
    const lingering = new Promise<() => void>((resolve) => {
      const { setTimeout } = globalThis;
      globalThis.setTimeout = ((callback: () => void, ms: number) => {
        if (ms !== 5_000) return setTimeout(callback, ms);
        resolve(callback);
        return 0;
      }) as typeof setTimeout;
      t.after(() => (globalThis.setTimeout = setTimeout));
    });
    session.lingers = true;
    socket.send("last words");
    socket.close();
    assert.deepEqual(await session.receive(), { type: "open" });
    assert.equal((await session.receive()).data, "last words");
    assert.equal(await session.receive(), undefined);
    const giveUp = await lingering;
    assert.equal(session.isClosed, false);
    giveUp();
    assert.equal(session.isClosed, true);
  });

  test("close() before it has opened closes it", async (t) => {
    const { socket, session } = await start(t);
    socket.close();
    assert.equal(session.isClosed, true);
  });

  test("the end of the server's stream ends the session", async (t) => {
    const { socket, session } = await start(t);
    session.send(open, { type: "message", data: "last words" });
    await event(socket, "open");
    const closed = event(socket, "close");
    session.endStream();
    assert.deepEqual((await closed)[0], "transport close");
    assert.equal(session.isClosed, true);
  });

  test("without such a class it is an error like any other", async (t) => {
    const socket = connect(t, "http://localhost:3000", { transports: ["webtransport"] });
    const [error] = await event(socket, "error");
    assert.equal(error.message, "webtransport error");
    assert.ok(error.description instanceof TypeError);
  });

  test("upgrades from polling, and what was held back leaves on it", async (t) => {
    const arrival = install(t);
    const server = await PollingServer.start(t);
    const socket = connect(t, server.url);
    const poll = await server.handshake({ upgrades: ["webtransport"] });
    const session = await arrival;
    assert.deepEqual(await session.receive(), { type: "open", data: `{"sid":"abc"}` });
    assert.deepEqual(await session.receive(), { type: "ping", data: "probe" });
    session.send({ type: "pong", data: "probe" });
    await event(socket, "upgrading");
    socket.send("held");
    poll.answer("6");
    assert.deepEqual(await session.receive(), { type: "upgrade" });
    assert.equal((await session.receive()).data, "held");
  });

  test("is probed first where websocket is offered too, and websocket 200 ms later unless it has won", async (t) => {
    const arrival = install(t);
    const server = await PollingServer.start(t);
    let websockets = 0;
    server.http.on("upgrade", (_, tcp) => {
      websockets++;
      tcp.destroy();
    });
    const delayed: (() => void)[] = [];
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((callback: () => void, ms: number) =>
      ms === 200 ? delayed.push(callback) : setTimeout(callback, ms)) as typeof setTimeout;
    t.after(() => (globalThis.setTimeout = setTimeout));
    const failing = connect(t, server.url);
    const failed = event(failing, "upgradeError");
    (await server.get()).answer(openPacket({ upgrades: ["websocket", "webtransport"] }));
    (await arrival).break(new Error("no HTTP/3"));
    assert.equal((await failed)[0].transport, "webtransport");
    assert.equal(websockets, 0);
    const second = event(failing, "upgradeError");
    delayed.shift()!();
    assert.equal((await second)[0].transport, "websocket");
    assert.equal(websockets, 1);

    const winner = new Promise<Session>((resolve) => (Session.latest = resolve));
    const other = await PollingServer.start(t);
    other.http.on("upgrade", () => assert.fail("webtransport has won"));
    const winning = connect(t, other.url);
    (await other.get()).answer(openPacket({ upgrades: ["websocket", "webtransport"] }));
    const session = await winner;
    await session.receive();
    await session.receive();
    session.send({ type: "pong", data: "probe" });
    await event(winning, "upgrading");
    delayed.shift()!();
    // Nothing is sent later than this: the server hears of the socket's end, and of no websocket before.
    (await other.get()).answer("1");
    await event(winning, "close");
  });
});
