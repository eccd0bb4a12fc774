import assert from "node:assert/strict";
import { createServer } from "node:https";
import { WebSocket } from "ws";
import { certificate } from "../../../support/localhost-certificate.ts";
import { codecOf, message } from "../../engine/codec.ts";
import { WebTransportPeer } from "../../engine/webtransport-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { joinBy } from "../polling.ts";
import { insides } from "../stage.ts";

/** How a socket came to be connected (rows S-129, S-132 to S-140). */
export const handshake: Behaviours = {
  "a handshake has these keys, in this order": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const keys = ["headers", "time", "address", "xdomain", "secure", "issued", "url", "query", "auth"];
    assert.deepEqual(Object.keys(socket.handshake), keys);
    assert.ok(Object.hasOwn(socket, "handshake"));
  },

  "the headers of a handshake are those of the request, the same object": async (stage) => {
    const socket = await joinBy(stage, await stage.serve(), "", { "x-custom": "1" });
    assert.equal(socket.handshake.headers, socket.request.headers);
    assert.equal(socket.handshake.headers["x-custom"], "1");
  },

  "a handshake has its time as text and in ms": async (stage) => {
    const before = Date.now();
    const { socket } = await stage.join(await stage.serve());
    const { time, issued } = socket.handshake;
    assert.ok(issued >= before && issued <= Date.now(), `${issued}`);
    assert.equal(typeof time, "string");
    // Text has no ms.
    assert.ok(Math.abs(Date.parse(time) - issued) < 2000, time);
    assert.equal(new Date(time).toString(), time);
  },

  "the address of a handshake is that of the connection": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    assert.equal(socket.handshake.address, socket.conn.remoteAddress);
    assert.match(socket.handshake.address, /127\.0\.0\.1$/);
  },

  "xdomain says whether the request named an origin": async (stage) => {
    const io = await stage.serve();
    const { xdomain } = (await joinBy(stage, io, "", { origin: "https://example.org" })).handshake;
    assert.equal(xdomain, true);
    assert.equal((await joinBy(stage, io, "")).handshake.xdomain, false);
  },

  "secure says whether the connection is encrypted": async (stage) => {
    const plain = await stage.join(await stage.serve());
    assert.equal(plain.socket.handshake.secure, false);
    const http = await stage.http(createServer(certificate));
    const io = stage.create(http);
    const connection = stage.event(io, "connection");
    const url = `wss://127.0.0.1:${stage.port(http)}/socket.io/?EIO=4&transport=websocket`;
    const peer = new WebSocket(url, { rejectUnauthorized: false });
    stage.defer(() => peer.terminate());
    await stage.event(peer, "open");
    peer.send("40");
    const [socket] = await connection;
    assert.equal(socket.handshake.secure, true);
  },

  "the url of a handshake is that of the request": async (stage) => {
    const { handshake, request } = await joinBy(stage, await stage.serve(), "&x=a%20b");
    assert.equal(handshake.url, "/socket.io/?EIO=4&transport=polling&x=a%20b");
    assert.equal(handshake.url, request.url);
  },

  "the query of a handshake is that of the first request, the last value of each name": async (stage) => {
    const io = await stage.serve();
    const socket = await joinBy(stage, io, "&t=stamp&a=1&a=2&b=x%20y&c");
    const { query } = socket.handshake;
    assert.deepEqual({ ...query }, { EIO: "4", transport: "polling", t: "stamp", a: "2", b: "x y", c: "" });
    assert.equal(query, insides(socket.request)._query);
    assert.ok(!Array.isArray(query) && typeof query === "object");
  },

  "the query of a handshake has no stamp if the client sends none": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    assert.deepEqual({ ...socket.handshake.query }, { EIO: "4", transport: "websocket" });
  },

  "the auth of a handshake is the payload of CONNECT, each namespace has its own": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io, { token: "a", nested: { n: [1] } });
    const { socket: admin } = await stage.join(io.of("/admin"), undefined, peer);
    assert.deepEqual(socket.handshake.auth, { token: "a", nested: { n: [1] } });
    assert.deepEqual(admin.handshake.auth, {});
    assert.equal(admin.handshake.headers, socket.handshake.headers);
  },

  "in protocol 4 the auth of a handshake is the query of the namespace, without a prototype": async (stage) => {
    const io = await stage.serve({ allowEIO3: true });
    const connection = stage.event(io.of("/admin"), "connection");
    const peer = await stage.peer("?EIO=3&transport=websocket&outer=1");
    peer.send("0/admin?token=abc&x=1,");
    const [socket] = await connection;
    const { auth, query } = socket.handshake;
    assert.deepEqual(Object.entries(auth), [
      ["token", "abc"],
      ["x", "1"],
    ]);
    assert.equal(Object.getPrototypeOf(auth), null);
    assert.deepEqual({ ...query }, { EIO: "3", transport: "websocket", outer: "1" });
    const [root] = [...io.sockets.sockets.values()];
    assert.deepEqual(root!.handshake.auth, {});
  },

  "without a request there are no headers, and the connection counts as encrypted": async (stage) => {
    const io = await stage.serve({ transports: ["polling", "websocket", "webtransport"] });
    const connection = stage.event(io, "connection");
    const peer = new WebTransportPeer(codecOf(4));
    stage.defer(() => peer.drop());
    void io.engine.onWebTransportSession(peer.server);
    await peer.receive(1);
    await peer.send(message("0"));
    const [socket] = await connection;
    const { headers, address, xdomain, secure, url } = socket.handshake;
    assert.deepEqual(headers, {});
    assert.deepEqual([address, xdomain, secure, url], [undefined, false, true, undefined]);
    assert.equal(socket.request, null);
    assert.equal(socket.client.request, null);
    // It ends the session at once at upstream's, and would take its time at ours.
    socket.conn.close(true);
  },
};
