import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fetch, NodeWebSocket, NodeXHR, Socket } from "engine.io-client";
import { connect, event, journal, nextTick } from "./support/events.ts";
import { fakeClock, inMemory, MemoryTransport } from "./support/fake-clock.ts";
import { openPacket, PollingServer } from "./support/polling-server.ts";
import { tcpServer } from "./support/tcp-server.ts";
import { RawWebSocketServer } from "./support/websocket-server.ts";

/** Connects and hears nothing, ever. */
class Silent extends MemoryTransport {
  override get name(): string {
    return "silent";
  }

  override doOpen(): void {
    MemoryTransport.last = this;
  }
}

class AlsoSilent extends Silent {
  override get name(): string {
    return "also silent";
  }
}

describe("a client that is not answered", { timeout: 60_000 }, () => {
  test("closes with the error 'timeout' after 20 s", async (t) => {
    const tick = fakeClock(t);
    const socket = new Socket({ transportImplementations: [Silent] });
    const log = journal(socket);
    await nextTick();
    tick(19_999);
    assert.deepEqual(log, []);
    tick(1);
    assert.deepEqual(log, ["error: timeout", "close: transport error"]);
    assert.equal(socket.readyState, "closed");
    assert.equal(MemoryTransport.last.closes, 1);
  });

  test("waits as long as the option timeout says; false: for ever", async (t) => {
    const tick = fakeClock(t);
    const short = new Socket({ transportImplementations: [Silent], timeout: 100 });
    const long = new Socket({ transportImplementations: [Silent], timeout: false });
    tick(100);
    assert.equal(short.readyState, "closed");
    tick(7 * 24 * 3600 * 1000);
    assert.equal(long.readyState, "opening");
    long.close();
  });

  test("gives each of the transports its share of the time, and is open on the one that answers", async (t) => {
    const tick = fakeClock(t);
    const transportImplementations = [Silent, AlsoSilent, MemoryTransport];
    const socket = new Socket({ transportImplementations, tryAllTransports: true, timeout: 9000 });
    const log = journal(socket);
    const tried: string[] = [];
    for (const waitMs of [3000, 3000, 2999]) {
      await nextTick();
      tried.push(socket.transport.name);
      tick(waitMs);
    }
    MemoryTransport.last.receive(openPacket());
    assert.deepEqual(tried, ["silent", "also silent", "memory"]);
    assert.deepEqual(log, ["open"]);
    assert.deepEqual(socket.transports, ["memory"]);
    tick(9000);
    assert.equal(socket.readyState, "open");
    socket.close();
  });

  for (const Class of [NodeXHR, Fetch, NodeWebSocket]) {
    test(`${Class.name} of ${Class.prototype.name}: a server that takes the connection and is silent`, async (t) => {
      const socket = connect(t, await tcpServer(t), { transportImplementations: [Class], timeout: 30 });
      assert.equal((await event(socket, "error"))[0].message, "timeout");
      assert.equal(socket.readyState, "closed");
    });

    test(`${Class.name} of ${Class.prototype.name}: a server that begins its answer and leaves it at that`, async (t) => {
      const url = await tcpServer(t, (connection) =>
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0{"),
      );
      const socket = connect(t, url, { transportImplementations: [Class], timeout: 30 });
      assert.match((await event(socket, "error"))[0].message, /^(timeout|websocket error)$/);
      assert.equal(socket.readyState, "closed");
    });
  }
});

describe("with tryAllTransports", { timeout: 60_000 }, () => {
  for (const [what, body] of [
    ["no Engine.IO", "<html>Login</html>"],
    ["an open packet that is no JSON", '0{"sid"'],
    ["an open packet without an id", '0{"upgrades":[]}'],
    ["a close packet", "1"],
    ["nothing", ""],
  ] as const) {
    test(`a poll answered with ${what} leads to websocket`, async (t) => {
      const server = await PollingServer.start(t);
      const websockets = await RawWebSocketServer.start(t, { server: server.http });
      const socket = connect(t, server.url, { tryAllTransports: true });
      const log = journal(socket);
      (await server.get()).answer(body);
      const opened = event(socket, "open");
      (await websockets.accept()).send(openPacket());
      await opened;
      assert.equal(socket.transport.name, "websocket");
      assert.deepEqual(log, ["open"]);
    });
  }

  test("a websocket that is closed before it said anything leads to polling", async (t) => {
    const server = await PollingServer.start(t);
    const websockets = await RawWebSocketServer.start(t, { server: server.http });
    const socket = connect(t, server.url, { tryAllTransports: true, transports: ["websocket", "polling"] });
    const opened = event(socket, "open");
    (await websockets.accept()).ws.close();
    await server.handshake();
    await opened;
    assert.equal(socket.transport.name, "polling");
  });

  test("close() in the middle of it is the end", async () => {
    const socket = new Socket({ transportImplementations: [Silent, MemoryTransport], tryAllTransports: true });
    const log = journal(socket);
    await nextTick();
    socket.close();
    await nextTick();
    assert.deepEqual(log, ["close: forced close"]);
  });
});

describe("rememberUpgrade", { timeout: 60_000 }, () => {
  test("forgets a websocket that was accepted and led to nothing", async (t) => {
    const server = await PollingServer.start(t);
    const websockets = await RawWebSocketServer.start(t, { server: server.http });
    Socket.priorWebsocketSuccess = true;
    const first = connect(t, server.url, { rememberUpgrade: true });
    const closed = event(first, "close");
    (await websockets.accept()).ws.close();
    assert.equal((await closed)[0], "transport close");
    const next = connect(t, server.url, { rememberUpgrade: true });
    assert.equal(next.transport.name, "polling");
  });
});

describe("a user's own transport", { timeout: 60_000 }, () => {
  test("that throws while it writes ends the session with an error", async () => {
    class Throwing extends MemoryTransport {
      override write(): void {
        throw new Error("cannot");
      }
    }
    const { socket } = await inMemory({ transportImplementations: [Throwing] });
    const log: unknown[] = [];
    socket.on("error", (error) => log.push((error as Error).message));
    socket.on("close", (reason) => log.push(reason));
    socket.send("x");
    assert.deepEqual(log, ["memory error", "transport error"]);
  });

  test("that can pause and not go on ends the session if the upgrade fails after that", async () => {
    class Pausing extends MemoryTransport {
      pause(): void {}
    }
    class Better extends Silent {
      die(): void {
        this.onError("gone");
      }

      override doOpen(): void {
        super.doOpen();
        this.onOpen();
      }
    }
    const { socket } = await inMemory({ transportImplementations: [Pausing, Better] }, { upgrades: ["silent"] });
    const log = journal(socket);
    const better = MemoryTransport.last as Better;
    assert.deepEqual(better.sent, [{ type: "ping", data: "probe" }]);
    better.receive("3probe");
    better.die();
    assert.deepEqual(log, ["upgrading", "upgradeError: probe error: gone", "error: gone", "close: transport error"]);
  });
});
