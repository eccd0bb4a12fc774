import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { parser, Transport, transports } from "engine.io";
import { WebSocketServer, type WebSocket } from "ws";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { POLLING, pollingSession, RawConnection, serve, WEBSOCKET, websocketSession } from "./support.ts";

/** A request as far as transports look at it. */
const requestWith = (query: Record<string, string>) =>
  ({ _query: query, headers: {} }) as unknown as IncomingMessage & { _query: Record<string, string> };

describe("a transport", () => {
  test("has these members, by polling and by WebSocket", async (t) => {
    const served = await serve(t);
    const [, polled] = await pollingSession(served);
    const [peer, websocket] = await websocketSession(served);
    for (const { id, transport } of [polled, websocket]) {
      assert.ok(transport instanceof Transport);
      const { sid, protocol, readyState, supportsBinary, discarded } = transport;
      assert.deepEqual([sid, protocol, readyState, supportsBinary, discarded], [id, 4, "open", true, false]);
      assert.equal(transport.parser.encodePacket, parser.encodePacket);
      assert.equal(typeof transport.onRequest, "function");
    }
    assert.deepEqual([polled.transport.name, polled.transport.writable], ["polling", false]);
    assert.deepEqual([websocket.transport.name, websocket.transport.writable], ["websocket", true]);
    peer.close();
  });

  test("takes base64 for a client that asks for it, and the revision from the handshake", () => {
    const transport = transports.polling(requestWith({ b64: "1", EIO: "3" }));
    assert.deepEqual([transport.supportsBinary, transport.protocol, transport.parser.protocol], [false, 3, 3]);
  });

  test("says what can be upgraded to from it", () => {
    assert.deepEqual(transports.polling.upgradesTo, ["websocket", "webtransport"]);
    assert.deepEqual([Transport.upgradesTo, transports.websocket.upgradesTo], [[], []]);
  });

  test("tells those who listen of packets, answers and the end", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const { transport } = socket;
    const log: unknown[] = [];
    transport.on("packet", (packet) => log.push(["packet", packet]));
    transport.on("ready", () => log.push(["ready"]));
    transport.on("headers", (headers, req) => log.push(["headers", headers["Content-Type"], req.method]));
    transport.on("close", () => log.push(["close", transport.readyState, transport.discarded]));
    await peer.post("4a");
    const polled = peer.poll();
    await once(transport, "ready");
    socket.send("b");
    await polled;
    const closed = once(transport, "close");
    await peer.post("1");
    await closed;
    assert.deepEqual(log, [
      ["packet", { type: "message", data: "a" }],
      ["headers", "text/html", "POST"],
      ["ready"],
      ["headers", "text/plain; charset=UTF-8", "GET"],
      ["packet", { type: "close" }],
      ["headers", "text/html", "POST"],
      ["close", "closed", true],
    ]);
  });

  test("says drain when a batch that somebody waits for has left", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const log: string[] = [];
    socket.transport.on("drain", () => log.push(`drain ${socket.transport.writable}`));
    const sent = new Promise<void>((resolve) => socket.send("a", () => resolve()));
    assert.equal(socket.transport.writable, false);
    await sent;
    assert.deepEqual(log, ["drain true"]);
    peer.close();
  });

  test("errors are TransportErrors; without a listener they are no exception", async (t) => {
    const served = await serve(t);
    for (const listens of [true, false]) {
      const [peer, socket] = await pollingSession(served);
      const errors: Error[] = [];
      if (listens) socket.transport.on("error", (error: Error) => errors.push(error));
      const ending = served.ending();
      const held = new RawConnection(served.port, `GET ${POLLING}&sid=${peer.sid} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket.transport, "ready");
      held.socket.destroy();
      assert.equal((await ending).reason, "transport error");
      const [error] = errors as (Error & { type: string; description: unknown })[];
      assert.equal(errors.length, listens ? 1 : 0);
      if (error !== undefined) {
        assert.deepEqual(
          [error.message, error.type, "description" in error],
          ["poll connection closed prematurely", "TransportError", true],
        );
      }
    }
  });

  test("of a WebSocket, has its WebSocket and how messages are compressed", async (t) => {
    for (const perMessageDeflate of [false, { threshold: 10 }]) {
      const served = await serve(t, { perMessageDeflate });
      const [peer, { transport }] = await websocketSession(served);
      const websocket = transport as InstanceType<typeof transports.websocket>;
      assert.deepEqual([websocket.name, websocket.perMessageDeflate], ["websocket", perMessageDeflate]);
      const { readyState, OPEN, extensions } = websocket.socket as WebSocket;
      assert.deepEqual([readyState, extensions !== ""], [OPEN, perMessageDeflate !== false]);
      peer.close();
    }
  });

  test("of a WebSocket that is lost with messages on their way says write error", async (t) => {
    for (const options of [{}, { wsEngine: WebSocketServer }]) {
      const served = await serve(t, options);
      const connection = served.connection();
      const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
      await peer.received("\r\n\r\n");
      peer.socket.pause();
      const socket = await connection;
      const ending = served.ending();
      // More than any operating system keeps for a peer that does not read.
      const out = once(socket.transport, "drain");
      for (let i = 0; i < 500; i++) socket.send("x".repeat(100_000));
      await out;
      peer.socket.resetAndDestroy();
      assert.deepEqual(await ending, { reason: "transport error", description: "write error" });
    }
  });

  test("close calls back when it is closed, and the session ends with it", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const ending = served.ending();
    await new Promise<void>((resolve) => socket.transport.close(resolve));
    assert.deepEqual([socket.transport.readyState, socket.readyState], ["closed", "closed"]);
    assert.equal((await ending).reason, "transport close");
    peer.close();
  });

  test("discard drops it without a word to the session", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    socket.transport.discard();
    assert.equal(socket.transport.discarded, true);
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.equal(socket.readyState, "open");
    socket.close(true);
  });
});

describe("transports.polling", () => {
  test("is a function, with and without new", () => {
    const { polling } = transports;
    const made = [polling(requestWith({})), new (polling as unknown as typeof Made)(requestWith({}))];
    for (const transport of made) assert.deepEqual([transport.name, transport instanceof Transport], ["polling", true]);
  });

  test("makes the variant for JSONP where the query has a text j", () => {
    const { polling } = transports;
    const given: object[] = [{}, { j: "0" }, { j: ["0", "1"] }];
    const variants = given.map((parameters) => {
      const query = { EIO: "4", ...parameters };
      const answers: unknown[] = [];
      const transport = polling(requestWith(query));
      const exchange = {
        method: "GET",
        headers: {},
        listener: null,
        request: requestWith(query),
        respond: (...answer: unknown[]) => answers.push(answer[2]),
      };
      transport.onRequest(exchange as unknown as Parameters<typeof transport.onRequest>[0]);
      transport.send([{ type: "noop" }]);
      return answers[0];
    });
    assert.deepEqual(variants, ["6", '___eio[0]("6");', "6"]);
  });
});

declare class Made extends Transport {
  constructor(req: IncomingMessage);
  readonly name: "polling";
  readonly writable: boolean;
  send(): void;
}
