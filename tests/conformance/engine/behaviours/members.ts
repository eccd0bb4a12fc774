import assert from "node:assert/strict";
import { overHttp, overPolling, type Behaviours } from "../behaviour.ts";
import type { EngineRequest } from "../engine.ts";

/** What a session shows of itself (rows E-12, E-41, E-51). */
export const members: Behaviours = {
  "an open socket": async (stage) => {
    const { socket } = await stage.connect();
    const { id, protocol, readyState, upgrading, upgraded } = socket;
    assert.match(id, /^[\w-]{20}$/);
    assert.deepEqual(
      { protocol, readyState, upgrading, upgraded },
      { protocol: stage.cell.revision, readyState: "open", upgrading: false, upgraded: false },
    );
  },

  "the request is the first one": {
    cells: overHttp,
    async run(stage) {
      const session = await stage.connect({ token: "abc" }, { "X-Mine": "yes" });
      await session.echo("more requests, over polling");
      const { request } = session.socket;
      assert.deepEqual([request._query["token"], request.headers["x-mine"], request.method], ["abc", "yes", "GET"]);
      assert.equal(request._query["sid"], undefined);
      assert.match(request.url ?? "", /^\/engine\.io\/\?EIO=\d&transport=/);
    },
  },

  "the request may be replaced and deleted": {
    cells: overHttp,
    async run(stage) {
      const session = await stage.connect();
      const socket = session.socket as { request?: EngineRequest | undefined };
      const other = {} as EngineRequest;
      socket.request = other;
      assert.equal(socket.request, other);
      delete socket.request;
      assert.equal(socket.request, undefined);
      assert.equal(await session.echo("hello"), "hello");
    },
  },

  "the address of the peer": {
    cells: overHttp,
    async run(stage) {
      const { socket } = await stage.connect();
      assert.match(socket.remoteAddress, /^(::ffff:)?127\.0\.0\.1$/);
    },
  },

  "the address outlives the session": {
    cells: overHttp,
    async run(stage) {
      const session = await stage.connect();
      await session.peer.leave();
      await session.ended();
      assert.match(session.socket.remoteAddress, /^(::ffff:)?127\.0\.0\.1$/);
    },
  },

  "the states from open to closed": async (stage) => {
    const session = await stage.connect();
    assert.equal(session.socket.readyState, "open");
    session.socket.send("wait for me");
    session.socket.close();
    if (overPolling(stage.cell)) assert.equal(session.socket.readyState, "closing");
    await session.peer.end();
    await session.ended();
    assert.equal(session.socket.readyState, "closed");
  },

  "clients are found by their ids, and nothing else is": async (stage) => {
    const { socket } = await stage.connect();
    assert.equal(stage.engine.clients[socket.id], socket);
    assert.deepEqual(Object.keys(stage.engine.clients), [socket.id]);
    assert.equal(stage.engine.clientsCount, 1);
  },

  "the transport of an open socket": async (stage) => {
    const session = await stage.connect();
    await session.ready();
    const { name, sid, writable, protocol, readyState, discarded } = session.socket.transport;
    assert.deepEqual(
      { name, sid, writable, protocol, readyState, discarded },
      {
        name: overPolling(stage.cell) ? "polling" : stage.cell.transport,
        sid: session.socket.id,
        writable: true,
        protocol: stage.cell.revision,
        readyState: "open",
        discarded: false,
      },
    );
  },

  "polling can't send while no GET is held": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      assert.equal(session.socket.transport.writable, false);
      await session.ready();
      assert.equal(session.socket.transport.writable, true);
      session.socket.send("hello");
      assert.equal(session.socket.transport.writable, false);
    },
  },

  "the transport of a closed socket": async (stage) => {
    const session = await stage.connect();
    const { transport } = session.socket;
    await session.peer.leave();
    await session.ended();
    assert.equal(transport.readyState, "closed");
  },

  "a transport of clients that take bytes says so": async (stage) => {
    const { socket } = await stage.connect();
    assert.equal(socket.transport.supportsBinary, stage.cell.transport !== "jsonp");
  },
};
