import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Transport } from "engine.io-client";
import { event } from "../../../packages/engine.io-client/test/support/events.ts";
import { openPacket, PollingServer } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { RawWebSocketServer } from "../../../packages/engine.io-client/test/support/websocket-server.ts";
import { REFUSED, type Stage } from "./stage.ts";

/** What a socket tells, and why it ends. */
export function eventsSuite({ library, connect, opened }: Stage): void {
  describe("events", () => {
    test("of an upgrade, in order, with what they carry", async (t) => {
      const server = await PollingServer.start(t);
      const websockets = await RawWebSocketServer.start(t, { server: server.http });
      const socket = connect(t, server.url);
      const log: unknown[] = [];
      const note = (name: string, what: (...args: never[]) => unknown): void => {
        (socket as unknown as { on(name: string, listener: (...args: never[]) => void): void }).on(name, (...args) =>
          log.push([name, what(...args)]),
        );
      };
      const nothing = (...args: unknown[]): number => args.length;
      for (const name of ["open", "drain", "flush", "heartbeat", "ping", "pong"]) note(name, nothing);
      note("handshake", ({ sid, upgrades }: { sid: string; upgrades: string[] }) => [sid, upgrades]);
      for (const name of ["packet", "packetCreate"]) {
        note(name, ({ type, data }: { type: string; data?: unknown }) => (type === "message" ? [type, data] : type));
      }
      for (const name of ["data", "message"]) note(name, (data: unknown) => data);
      for (const name of ["upgrading", "upgrade"]) note(name, ({ name: transport }: Transport) => transport);
      const take = (): unknown[] => log.splice(0);
      const untilNow = (): unknown[] => take().filter((entry) => (entry as [string])[0] !== "drain");

      const poll = await server.handshake({ upgrades: ["websocket"] });
      // Upstream says packet before heartbeat and both before the handshake, and so do we.
      assert.deepEqual(take(), [
        ["packet", "open"],
        ["heartbeat", 0],
        ["handshake", ["abc", ["websocket"]]],
        ["open", 0],
      ]);
      const websocket = await websockets.accept();
      assert.deepEqual(await websocket.receive(1), ["2probe"]);
      const upgrading = event(socket, "upgrading");
      websocket.send("3probe");
      await upgrading;
      assert.equal(socket.upgrading, true);
      const upgrade = event(socket, "upgrade");
      poll.answer("4last");
      await upgrade;
      // Upstream's says drain for the upgrade packet too, which the user has not sent.
      assert.deepEqual(untilNow(), [
        ["upgrading", "websocket"],
        ["packet", ["message", "last"]],
        ["heartbeat", 0],
        ["data", "last"],
        ["message", "last"],
        ["upgrade", "websocket"],
      ]);
      const drained = event(socket, "drain");
      socket.send("x");
      await drained;
      assert.deepEqual(take(), [
        ["packetCreate", ["message", "x"]],
        ["flush", 0],
        ["drain", 0],
      ]);
      const ponged = event(socket, "pong");
      websocket.send("2");
      await ponged;
      const pings = take() as [string][];
      assert.deepEqual(
        pings.map(([name]) => name).filter((name) => /^(packet|heartbeat|ping|pong)$/.test(name)),
        ["packet", "heartbeat", "ping", "pong"],
      );
      assert.deepEqual(await websocket.receive(3), ["5", "4x", "3"]);
    });

    test("upgradeError says 'probe error' and the transport", async (t) => {
      for (const answer of ["4x", "close"]) {
        const server = await PollingServer.start(t);
        const websockets = await RawWebSocketServer.start(t, { server: server.http });
        const socket = connect(t, server.url);
        const failed = event(socket, "upgradeError");
        await server.handshake({ upgrades: ["websocket"] });
        const websocket = await websockets.accept();
        await websocket.receive(1);
        if (answer === "close") websocket.ws.terminate();
        else websocket.send(answer);
        const [error] = (await failed) as [Error & { transport: string }];
        assert.match(error.message, answer === "close" ? /^probe error: / : /^probe error$/);
        assert.equal(error.transport, "websocket");
        assert.equal(socket.readyState, "open");
      }
    });

    test("error is the string 'No transports available' where there is none", async () => {
      const socket = new library.Socket(REFUSED, { transports: [] });
      assert.deepEqual(await event(socket, "error"), ["No transports available"]);
    });
  });
  describe("close says", () => {
    test("'transport close' after the server's close packet", async (t) => {
      const { socket, poll } = await opened(t);
      const closed = event(socket, "close");
      poll.answer("1");
      assert.deepEqual(await closed, ["transport close", { description: "transport closed by the server" }]);
    });

    test("'transport close' with the event after a websocket's end", async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, { transports: ["websocket"] });
      const open = event(socket, "open");
      const accepted = await server.accept();
      accepted.send(openPacket());
      await open;
      const closed = event(socket, "close");
      accepted.ws.close(4001, "why");
      const [reason, details] = (await closed) as [string, { description: string; context: CloseEvent }];
      assert.deepEqual([reason, details.description], ["transport close", "websocket connection closed"]);
      assert.deepEqual([details.context.code, details.context.reason], [4001, "why"]);
    });

    test("'transport error' with the error after a failed request", async (t) => {
      const { socket, poll } = await opened(t);
      const failed = event(socket, "error");
      const closed = event(socket, "close");
      poll.answer("", 502);
      const [error] = (await failed) as [Error & Record<string, unknown>];
      const [reason, description] = await closed;
      assert.equal(reason, "transport error");
      assert.equal(description, error);
      assert.ok(error instanceof library.TransportError && error instanceof Error);
      assert.deepEqual([error["type"], error.message, error["description"]], ["TransportError", "xhr poll error", 502]);
      assert.equal((error["context"] as { status: number }).status, 502);
    });

    test("'transport error' after a packet that is none", async (t) => {
      const { socket, poll } = await opened(t);
      const failed = event(socket, "error");
      const closed = event(socket, "close");
      poll.answer("9");
      const [error] = (await failed) as [Error & { code: string }];
      assert.deepEqual([error.message, error.code], ["server error", "parser error"]);
      assert.equal((await closed)[0], "transport error");
    });

    test("'ping timeout' when the server is silent", async (t) => {
      const { socket } = await opened(t, {}, { pingInterval: 20, pingTimeout: 20 });
      assert.equal((await event(socket, "close"))[0], "ping timeout");
    });
  });
}
