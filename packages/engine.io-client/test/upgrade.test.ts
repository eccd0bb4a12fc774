import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Socket, type SocketOptions } from "engine.io-client";
import { connect, event, journal, messages } from "./support/events.ts";
import { type Exchange, openPacket, PollingServer } from "./support/polling-server.ts";
import { type Accepted, RawWebSocketServer } from "./support/websocket-server.ts";

interface Stage {
  readonly server: PollingServer;
  readonly websockets: RawWebSocketServer;
  readonly socket: Socket;
  readonly log: string[];
  /** The first poll, unanswered. */
  readonly poll: Exchange;
}

/** A socket that is open over polling and was told of websocket. */
async function opened(t: TestContext, options: SocketOptions = {}, handshake: object = {}): Promise<Stage> {
  const server = await PollingServer.start(t);
  const websockets = await RawWebSocketServer.start(t, { server: server.http });
  const socket = connect(t, server.url, options);
  const log = journal(socket);
  const poll = await server.handshake({ upgrades: ["websocket"], ...handshake });
  return { server, websockets, socket, log, poll };
}

/** Accepts the probe and answers it: the client now lets polling come home. */
async function probed({ websockets, socket }: Stage): Promise<Accepted> {
  const websocket = await websockets.accept();
  assert.deepEqual(await websocket.receive(1), ["2probe"]);
  const upgrading = event(socket, "upgrading");
  websocket.send("3probe");
  assert.equal((await upgrading)[0].name, "websocket");
  return websocket;
}

describe("upgrade", { timeout: 60_000 }, () => {
  test("probes, lets the poll come home with what it brings, and switches", async (t) => {
    const stage = await opened(t);
    const { socket, log, poll, server } = stage;
    const websocket = await probed(stage);
    assert.equal(websocket.query.get("sid"), "abc");
    assert.equal(socket.upgrading, true);
    assert.equal(socket.transport.name, "polling");
    socket.send("held");
    const received = messages(socket, 2);
    poll.answer("4last of polling");
    assert.deepEqual(await websocket.receive(2), ["5", "4held"]);
    websocket.send("4first of websocket");
    assert.deepEqual(await received, ["last of polling", "first of websocket"]);
    assert.deepEqual(log, ["open", "upgrading", "upgrade"]);
    assert.equal(socket.upgrading, false);
    assert.equal(socket.transport.name, "websocket");
    assert.deepEqual(server.mostAtOnce, { GET: 1, POST: 0 });
  });

  test("waits for the POST under way too", async (t) => {
    const stage = await opened(t);
    stage.socket.send("posted").send("queued");
    const post = await stage.server.post();
    const websocket = await probed(stage);
    stage.poll.answer("6");
    stage.socket.send("later");
    post.answer("ok");
    assert.equal(post.body, "4posted");
    assert.deepEqual(await websocket.receive(3), ["5", "4queued", "4later"]);
  });

  test("a websocket that dies after the probe's answer leaves a session that hears and speaks", async (t) => {
    const stage = await opened(t);
    const { socket, server, poll, log } = stage;
    const websocket = await probed(stage);
    socket.send("held back");
    const failed = event(socket, "upgradeError");
    websocket.ws.terminate();
    const [error] = await failed;
    assert.match(error.message, /^probe error: /);
    assert.equal(error.transport, "websocket");
    const post = await server.post();
    assert.equal(post.body, "4held back");
    post.answer("ok");
    const received = messages(socket, 2);
    poll.answer("4a");
    (await server.get()).answer("4b");
    assert.deepEqual(await received, ["a", "b"]);
    assert.deepEqual(log.slice(0, 2), ["open", "upgrading"]);
    assert.equal(socket.readyState, "open");
    assert.equal(server.mostAtOnce.GET, 1);
  });

  test("a websocket that dies when the poll is home and the POST not yet: the next poll is made all the same", async (t) => {
    const stage = await opened(t);
    const { socket, server, poll } = stage;
    socket.send("posted");
    const post = await server.post();
    const websocket = await probed(stage);
    const home = event(socket, "packet");
    poll.answer("6");
    await home;
    const failed = event(socket, "upgradeError");
    websocket.ws.terminate();
    await failed;
    const received = messages(socket, 1);
    (await server.get()).answer("4heard");
    assert.deepEqual(await received, ["heard"]);
    socket.send("next");
    post.answer("ok");
    assert.equal((await server.post()).body, "4next");
  });

  for (const [what, answer] of Object.entries({
    "another packet": "4hello",
    "a pong without probe": "3",
    garbage: "<html>",
    bytes: Buffer.from("3probe"),
  })) {
    test(`a probe answered with ${what} is an upgradeError and nothing else`, async (t) => {
      const { websockets, socket, poll, server } = await opened(t);
      const websocket = await websockets.accept();
      const failed = event(socket, "upgradeError");
      websocket.send(answer);
      const [error] = await failed;
      assert.deepEqual([error.message, error.transport], ["probe error", "websocket"]);
      assert.deepEqual(await websocket.receive(2), ["2probe", "closed 1005"]);
      const received = messages(socket, 1);
      poll.answer("4still here");
      assert.deepEqual(await received, ["still here"]);
      await server.get();
    });
  }

  test("a websocket that the server refuses is an upgradeError and nothing else", async (t) => {
    const server = await PollingServer.start(t);
    server.http.on("upgrade", (_, tcp) => tcp.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    const socket = connect(t, server.url);
    const failed = event(socket, "upgradeError");
    const poll = await server.handshake({ upgrades: ["websocket"] });
    assert.equal((await failed)[0].message, "probe error: websocket error");
    const received = messages(socket, 1);
    poll.answer("4x");
    assert.deepEqual(await received, ["x"]);
  });

  test("close() in the middle of it lets it come to its end, and what is queued leaves", async (t) => {
    const stage = await opened(t);
    const websocket = await probed(stage);
    stage.socket.send("x").close();
    assert.equal(stage.socket.readyState, "closing");
    const closed = event(stage.socket, "close");
    stage.poll.answer("6");
    assert.deepEqual(await websocket.receive(3), ["5", "4x", "closed 1005"]);
    assert.equal((await closed)[0], "forced close");
  });

  test("close() in the middle of it, and the websocket dies: polling says goodbye", async (t) => {
    const stage = await opened(t);
    const websocket = await probed(stage);
    stage.socket.close();
    const closed = event(stage.socket, "close");
    websocket.ws.terminate();
    assert.equal((await closed)[0], "forced close");
    assert.equal((await stage.server.post()).body, "1");
  });

  test("a session that ends during the probe drops the websocket", async (t) => {
    const { websockets, socket, poll, log } = await opened(t);
    const websocket = await websockets.accept();
    assert.deepEqual(await websocket.receive(1), ["2probe"]);
    const closed = event(socket, "close");
    poll.answer("", 400);
    assert.equal((await closed)[0], "transport error");
    assert.deepEqual(await websocket.receive(1), ["closed 1005"]);
    assert.deepEqual(log, ["open", "error: xhr poll error", "close: transport error"]);
  });

  test("a poll that fails while it comes home ends the session and the websocket", async (t) => {
    const stage = await opened(t);
    const websocket = await probed(stage);
    const closed = event(stage.socket, "close");
    stage.poll.answer("", 502);
    assert.equal((await closed)[0], "transport error");
    assert.deepEqual(await websocket.receive(1), ["closed 1005"]);
  });

  for (const [what, options, handshake] of [
    ["upgrade is false", { upgrade: false }, {}],
    ["the user wants polling alone", { transports: ["polling"] }, {}],
    ["the server offers none", {}, { upgrades: [] }],
    ["the server offers what nobody knows", {}, { upgrades: ["polling", "nope", "constructor", "__proto__", 5, null] }],
  ] as [string, SocketOptions, object][]) {
    test(`nothing is probed if ${what}`, async (t) => {
      const { server, socket, poll } = await opened(t, options, handshake);
      server.http.on("upgrade", () => assert.fail("no websocket is wanted"));
      const received = messages(socket, 1);
      poll.answer("4x");
      await received;
      await server.get();
      assert.equal(socket.transport.name, "polling");
    });
  }

  test("a server that offers websocket a thousand times gets one", async (t) => {
    const stage = await opened(t, {}, { upgrades: Array.from({ length: 1000 }, () => "websocket") });
    let upgrades = 0;
    stage.server.http.on("upgrade", () => upgrades++);
    const websocket = await probed(stage);
    stage.poll.answer("6");
    assert.deepEqual(await websocket.receive(1), ["5"]);
    assert.ok(upgrades <= 1);
  });

  test("rememberUpgrade: the next socket begins with websocket, until that fails", async (t) => {
    const options = { rememberUpgrade: true };
    Socket.priorWebsocketSuccess = false;
    const stage = await opened(t, options);
    const websocket = await probed(stage);
    stage.poll.answer("6");
    await websocket.receive(1);
    assert.equal(Socket.priorWebsocketSuccess, true);
    const second = connect(t, stage.server.url, options);
    assert.equal(second.transport.name, "websocket");
    const accepted = await stage.websockets.accept();
    assert.equal(accepted.query.get("sid"), null);
    accepted.send(openPacket(), "9");
    await event(second, "error");
    assert.equal(connect(t, stage.server.url, options).transport.name, "polling");
    assert.equal(connect(t, stage.server.url).transport.name, "polling");
  });
});

describe("tryAllTransports", { timeout: 60_000 }, () => {
  test("goes on to the next transport when the first can't connect", async (t) => {
    const server = await PollingServer.start(t);
    server.http.on("upgrade", (_, tcp) => tcp.destroy());
    const socket = connect(t, server.url, { transports: ["websocket", "polling"], tryAllTransports: true });
    const log = journal(socket);
    await server.handshake();
    assert.deepEqual(log, ["open"]);
    assert.equal(socket.transport.name, "polling");
    assert.deepEqual(socket.transports, ["polling"]);
  });

  test("says so once the last one failed", async (t) => {
    const server = await PollingServer.start(t);
    server.http.on("upgrade", (_, tcp) => tcp.destroy());
    const socket = connect(t, server.url, { transports: ["websocket", "polling"], tryAllTransports: true });
    const log = journal(socket);
    (await server.get()).answer("", 400);
    await event(socket, "close");
    assert.deepEqual(log, ["error: xhr poll error", "close: transport error"]);
  });

  test("does not without the option, nor once open", async (t) => {
    const server = await PollingServer.start(t);
    server.http.on("upgrade", (_, tcp) => tcp.destroy());
    const first = connect(t, server.url, { transports: ["websocket", "polling"] });
    assert.equal((await event(first, "error"))[0].message, "websocket error");
    const second = connect(t, server.url, { transports: ["polling", "websocket"], tryAllTransports: true });
    const poll = await server.handshake();
    const failed = event(second, "error");
    poll.answer("", 400);
    assert.equal((await failed)[0].message, "xhr poll error");
  });
});
