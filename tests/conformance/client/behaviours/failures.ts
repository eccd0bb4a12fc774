import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { Accepted } from "../../../../packages/engine.io-client/test/support/websocket-server.ts";
import type { Exchange, PollingServer } from "../../../../packages/engine.io-client/test/support/polling-server.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Options, type Stage } from "../stage.ts";

/** What failures look like, and why connections end (rows C-102 to C-115). */
export const failures: Behaviours = {
  "a server that is not there, over polling, is a TransportError 'xhr poll error'": async (stage) => {
    const socket = stage.io(await stage.refused(), { transports: ["polling"] });
    const managers = stage.event(socket.io, "error");
    const [error] = await stage.event(socket, "connect_error");
    assertTransportError(stage, error, "xhr poll error");
    assert.ok(error.description === 0 || error.description instanceof Error);
    assert.equal((await managers)[0], error);
  },

  "a poll that is refused tells the status, and the request": async (stage) => {
    const server = await stage.polling();
    const socket = stage.client("/", { transports: ["polling"] });
    const failed = stage.event(socket, "connect_error");
    (await server.get()).answer('{"code":3,"message":"Bad request"}', 400);
    const [error] = await failed;
    assertTransportError(stage, error, "xhr poll error");
    assert.deepEqual([error.description, error.context.status], [400, 400]);
  },

  "a POST that is refused is 'xhr post error', with the status": async (stage) => {
    const { socket, server } = await polling(stage);
    const gone = stage.event(socket, "disconnect");
    socket.emit("a");
    (await server.post()).answer("", 500);
    const [reason, error] = await gone;
    assert.equal(reason, "transport error");
    assertTransportError(stage, error, "xhr post error");
    assert.deepEqual([error.description, error.context.status], [500, 500]);
  },

  "by fetch they are 'fetch read error' and 'fetch write error'": async (stage) => {
    const server = await stage.polling();
    const { Fetch } = stage.cell.engine;
    const refused = stage.client("/", { transports: [Fetch] as never });
    const failed = stage.event(refused, "connect_error");
    (await server.get()).answer("", 403);
    const [read] = await failed;
    assertTransportError(stage, read, "fetch read error");
    assert.deepEqual([read.description, read.context.status], [403, 403]);
    const { socket, server: second } = await polling(stage, { transports: [Fetch] as never });
    const gone = stage.event(socket, "disconnect");
    socket.emit("a");
    (await second.post()).answer("", 500);
    const [reason, write] = await gone;
    assert.equal(reason, "transport error");
    assertTransportError(stage, write, "fetch write error");
    assert.equal(write.description, 500);
    const nowhere = stage.io(await stage.refused(), { transports: [Fetch] as never });
    const [error] = await stage.event(nowhere, "connect_error");
    assertTransportError(stage, error, "fetch read error");
    assert.ok(error.description instanceof Error);
  },

  "a WebSocket that can't be made is 'websocket error', with the event": async (stage) => {
    const socket = stage.io(await stage.refused());
    const [error] = await stage.event(socket, "connect_error");
    assertTransportError(stage, error, "websocket error");
    assert.equal(error.description.type, "error");
    assert.ok(error.description.message.includes("ECONNREFUSED") || error.description.error instanceof Error);
    assert.equal(error.context, undefined);
  },

  "a session of WebTransport that fails is 'webtransport error', with the cause": async (stage) => {
    const cause = new Error("no such server");
    const failing = class {
      ready = new Promise(() => {});
      closed = Promise.reject(cause);
      close(): void {}
    };
    stage.defer(() => delete (globalThis as { WebTransport?: unknown }).WebTransport);
    (globalThis as { WebTransport?: unknown }).WebTransport = failing;
    const socket = stage.io("https://127.0.0.1:1", { transports: ["webtransport"] });
    const [error] = await stage.event(socket, "connect_error");
    assertTransportError(stage, error, "webtransport error");
    assert.equal(error.description, cause);
  },

  "a packet of the engine that is none is 'server error' with its code, and ends the connection": async (stage) => {
    const server = await stage.polling();
    const socket = stage.client("/", { transports: ["polling"] });
    const failed = stage.event(socket, "connect_error");
    (await server.get()).answer("9");
    const [error] = await failed;
    assert.ok(error instanceof Error);
    assert.deepEqual([error.message, insides(error).code], ["server error", "parser error"]);
  },

  "DISCONNECT of the server is 'io server disconnect', and is not made good": async (stage) => {
    const { told } = await ends(stage, (wire) => wire.send("41"), { staysAway: true });
    assert.equal(told[0], "io server disconnect");
    assert.equal(told[1], undefined);
  },

  "one's own disconnect() is 'io client disconnect', and is not made good": async (stage) => {
    const { told } = await ends(stage, (_, socket) => socket.disconnect(), { staysAway: true });
    assert.equal(told[0], "io client disconnect");
    assert.equal(told[1], undefined);
  },

  "a server that is not heard any more is 'ping timeout', and the connection is made again": async (stage) => {
    const { told } = await ends(stage, async () => {
      stage.clock.advance(44_999);
      await stage.quiet();
      stage.clock.advance(1);
    });
    assert.deepEqual(told.slice(0, 1), ["ping timeout"]);
    assert.equal(told[1], undefined);
  },

  "a heartbeat moves that time away": async (stage) => {
    const { socket, wire } = await stage.joined();
    stage.clock.advance(40_000);
    const ping = stage.event(socket.io, "ping");
    wire.engine("2");
    await ping;
    stage.clock.advance(40_000);
    await stage.quiet();
    assert.equal(socket.connected, true);
  },

  "a WebSocket that is closed is 'transport close', with the event": async (stage) => {
    const { told } = await ends(stage, (wire) => wire.ws.close(4001, "why"));
    const [reason, details] = told as [string, { description: string; context: CloseEvent }];
    assert.deepEqual([reason, details.description], ["transport close", "websocket connection closed"]);
    assert.deepEqual([details.context.code, details.context.reason], [4001, "why"]);
  },

  "the close packet over polling is 'transport close', by the server": async (stage) => {
    const { socket, poll } = await polling(stage);
    const gone = stage.event(socket, "disconnect");
    poll.answer("1");
    assert.deepEqual(await gone, ["transport close", { description: "transport closed by the server" }]);
  },

  "a poll that fails is 'transport error', with the error, and the connection is made again": async (stage) => {
    const { socket, poll, server } = await polling(stage, { reconnection: true });
    const gone = stage.event(socket, "disconnect");
    poll.answer("", 502);
    const [reason, error] = await gone;
    assert.equal(reason, "transport error");
    assertTransportError(stage, error, "xhr poll error");
    assert.equal(error.description, 502);
    assert.equal(socket.active, true);
    await stage.whileTimePasses(server.get());
  },

  "a packet of the engine that can't be decoded is 'transport error'": async (stage) => {
    const { told } = await ends(stage, (wire) => wire.send("9"));
    assert.equal(told[0], "transport error");
    assert.equal((told[1] as Error).message, "server error");
  },

  "a packet that can't be decoded is 'parse error', with the error": async (stage) => {
    for (const [frame, message] of [
      ["49", "unknown packet type 9"],
      ["42{}", "invalid payload"],
      ['42["connect"]', "invalid payload"],
      ['451-["a",{"_placeholder":true,"num":3}]', undefined],
    ] as const) {
      const { told } = await ends(stage, (wire) => wire.send(frame, ...(message ? [] : [Buffer.from([1])])));
      assert.equal(told[0], "parse error");
      assert.ok(told[1] instanceof Error);
      if (message) assert.equal(told[1].message, message);
    }
  },

  "closing the engine is 'forced close', and the connection is made again": async (stage) => {
    const { told } = await ends(stage, (_, socket) => socket.io.engine.close());
    assert.equal(told[0], "forced close");
  },

  "the end of a connection before the answer to CONNECT is a disconnect with its reason, too": async (stage) => {
    const { socket, wire } = await stage.joining();
    const log = stage.log(socket, ["connect_error", "connect"]);
    const gone = stage.event(socket, "disconnect");
    wire.cut();
    assert.equal((await gone)[0], "transport close");
    assert.deepEqual(log, []);
  },

  "half a packet is forgotten with its connection": async (stage) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    wire.send('2["before"]', '51-["half",{"_placeholder":true,"num":0}]');
    await stage.event(socket, "before");
    await stage.quiet();
    const log = stage.log(socket, ["half", "disconnect"]);
    wire.cut();
    const next = await stage.whileTimePasses(server.join());
    const heard = stage.event(socket, "whole");
    next.send('2["whole"]');
    await heard;
    assert.deepEqual(
      log.map(([name, reason]) => [name, reason]),
      [["disconnect", "transport close"]],
    );
  },

  "a disconnect is told once, however much goes wrong at a time": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log = stage.log(socket, ["disconnect"]);
    wire.engine("49", "9", "41", '42["a"]');
    wire.cut();
    await stage.until(() => log.length > 0);
    await stage.quiet();
    stage.clock.advance(100_000);
    await stage.quiet();
    assert.equal(log.length, 1);
  },
};

// oxlint-disable-next-line typescript/no-explicit-any -- an error with members of its own
function assertTransportError(stage: Stage, error: any, message: string): void {
  assert.ok(error instanceof Error);
  assert.ok(error instanceof stage.cell.engine.TransportError);
  assert.deepEqual([error.message, error.type], [message, "TransportError"]);
}

/** A connected client that polls. */
async function polling(
  stage: Stage,
  options: Options = {},
): Promise<{ socket: Socket; server: PollingServer; poll: Exchange }> {
  const server = await stage.polling();
  const socket = stage.client("/", { transports: ["polling"], ...options });
  const first = await server.handshake();
  (await server.post()).answer("ok");
  const connected = stage.event(socket, "connect");
  first.answer('40{"sid":"x"}');
  await connected;
  return { socket, server, poll: await server.get() };
}

/** What a connected client is told at its end; and after that it comes back by itself, or does not. */
async function ends(
  stage: Stage,
  act: (wire: Accepted, socket: Socket) => unknown,
  { staysAway = false } = {},
): Promise<{ told: unknown[] }> {
  const { socket, wire, server } = await stage.joined({ reconnection: true });
  const gone = stage.event(socket, "disconnect");
  await act(wire.accepted, socket);
  const told = await gone;
  if (staysAway) {
    const log = stage.log(socket.io, ["reconnect_attempt"]);
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.deepEqual([log, socket.active], [[], false]);
  } else {
    assert.equal(socket.active, true);
    await stage.whileTimePasses(server.join());
    await stage.until(() => socket.connected);
  }
  return { told };
}
