import assert from "node:assert/strict";
import { once } from "node:events";
import { message, packet, type EnginePacket } from "../codec.ts";
import type { Behaviours } from "../behaviour.ts";
import type { EngineSocket } from "../engine.ts";

/** What the application learns of what it sends and gets (rows E-39, E-40, E-43, E-45). */
export const events: Behaviours = {
  "callbacks of send come in order, with the transport": async (stage) => {
    const session = await stage.connect();
    const called: unknown[] = [];
    const sent = new Promise<void>((resolve) => {
      session.socket.send("a", {}, (transport) => called.push("a", transport));
      session.socket.send("b", {}, (transport) => called.push("b", transport));
      session.socket.send("c", {}, () => resolve());
    });
    assert.deepEqual(called, []);
    assert.deepEqual(await session.peer.receive(3), [message("a"), message("b"), message("c")]);
    await sent;
    const { transport } = session.socket;
    assert.deepEqual(called, ["a", transport, "b", transport]);
  },

  "a callback is called for bytes as well": async (stage) => {
    const session = await stage.connect();
    const sent = new Promise((resolve) => session.socket.send(Buffer.from([1]), {}, resolve));
    await session.peer.receive(1);
    assert.equal(await sent, session.socket.transport);
  },

  "in a callback more may be sent": async (stage) => {
    const session = await stage.connect();
    session.socket.send("a", {}, () => session.socket.send("b", {}, () => session.socket.send("c")));
    assert.deepEqual(await session.peer.receive(3), [message("a"), message("b"), message("c")]);
  },

  "a callback of what never left is not called": async (stage) => {
    const session = await stage.connect();
    let called = false;
    // Behind the first one: it can't have left.
    session.socket.close(true);
    session.socket.send("never", {}, () => (called = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(called, false);
  },

  "flush and drain are announced by socket and server": async (stage) => {
    const session = await stage.connect();
    const seen: string[] = [];
    session.socket.on("flush", (batch: EnginePacket[]) => seen.push(`flush ${batch.map(({ data }) => data).join()}`));
    session.socket.on("drain", () => seen.push("drain"));
    stage.engine.on("flush", (socket: EngineSocket, batch: EnginePacket[]) => {
      assert.equal(socket, session.socket);
      seen.push(`server: flush ${batch.map(({ data }) => data).join()}`);
    });
    stage.engine.on("drain", (socket: EngineSocket) => {
      assert.equal(socket, session.socket);
      seen.push("server: drain");
    });
    await session.ready();
    const drained = once(stage.engine, "drain");
    session.socket.send("hello");
    await session.peer.receive(1);
    await drained;
    assert.deepEqual(seen, ["flush hello", "server: flush hello", "drain", "server: drain"]);
  },

  "drain comes after each batch": async (stage) => {
    const session = await stage.connect();
    for (let i = 0; i < 3; i++) {
      const drained = once(session.socket, "drain");
      session.socket.send("hello");
      await session.peer.receive(1);
      await drained;
    }
  },

  "packetCreate announces each message, and its options may be changed": async (stage) => {
    const session = await stage.connect();
    const created: unknown[] = [];
    session.socket.on("packetCreate", ({ type, data, options }: EnginePacket & { options: { compress: boolean } }) => {
      created.push([type, data, options.compress]);
      options.compress = false;
    });
    session.socket.send("a").send("b", { compress: true }).send("c", { compress: false });
    await session.peer.receive(3);
    assert.deepEqual(created, [
      ["message", "a", true],
      ["message", "b", true],
      ["message", "c", false],
    ]);
  },

  "packet announces each packet that comes, data and message its data": async (stage) => {
    const session = await stage.connect();
    const seen: unknown[] = [];
    session.socket.on("packet", ({ type, data }: EnginePacket) => seen.push(["packet", type, data]));
    session.socket.on("data", (data: unknown) => seen.push(["data", data]));
    session.socket.on("message", (data: unknown) => seen.push(["message", data]));
    await session.peer.send(message("hello"), packet("noop"), message(Buffer.from([1])));
    await session.heard(2);
    assert.deepEqual(seen, [
      ["packet", "message", "hello"],
      ["data", "hello"],
      ["message", "hello"],
      ["packet", "noop", undefined],
      ["packet", "message", Buffer.from([1])],
      ["data", Buffer.from([1])],
      ["message", Buffer.from([1])],
    ]);
  },

  "heartbeat announces the client's half of a heartbeat": async (stage) => {
    const session = await stage.connect();
    const heard = once(session.socket, "heartbeat");
    await session.peer.send(packet(stage.cell.revision === 4 ? "pong" : "ping"));
    await heard;
    assert.equal(session.ending, null);
  },

  "connection comes once, after the open packet was queued": async (stage) => {
    const seen: unknown[] = [];
    stage.engine.on("connection", (socket: EngineSocket) => {
      seen.push(socket.readyState, stage.engine.clients[socket.id] === socket, stage.engine.clientsCount);
      socket.send("first");
    });
    const session = await stage.connect();
    const second = session.first[1] ?? (await session.peer.receive(1))[0];
    assert.deepEqual([session.first[0]?.type, second], ["open", message("first")]);
    assert.deepEqual(seen, ["open", true, 1]);
  },

  "close comes with the reason": async (stage) => {
    const session = await stage.connect();
    const closed = once(session.socket, "close");
    await session.peer.leave();
    assert.equal(((await closed) as unknown[])[0], "transport close");
  },
};
