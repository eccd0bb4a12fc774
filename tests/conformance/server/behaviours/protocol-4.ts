import assert from "node:assert/strict";
import { http } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import type { Peer } from "../peer.ts";
import type { Stage } from "../stage.ts";

const ALLOWED = { allowEIO3: true };
const QUERY = "?EIO=3&transport=websocket";

/** Clients of Socket.IO 2, spoken by hand: the lines of tables 4.1 and 4.2 of protocols.md. */
export const protocol4: Behaviours = {
  "clients of 2.x: the main namespace is joined without a request, with empty credentials": async (stage) => {
    const io = await stage.serve(ALLOWED);
    const connection = stage.event(io, "connection");
    const peer = await stage.peer(QUERY);
    assert.equal(await peer.next(), "0");
    const [socket] = await connection;
    assert.deepEqual([socket.id, socket.handshake.auth, socket.conn.protocol], [peer.opened.sid, {}, 3]);
  },

  "clients of 2.x: over polling the acceptance has a body of its own": async (stage) => {
    const io = await stage.serve(ALLOWED);
    const path = "/socket.io/?EIO=3&transport=polling&b64=1";
    const opened = await http(stage.port(io), "GET", path);
    const [, length = "", open = ""] = /^(\d+):0(\{.*\})$/.exec(opened.body) ?? [];
    assert.equal(Number(length), open.length + 1);
    const { sid } = JSON.parse(open) as { sid: string };
    assert.equal((await http(stage.port(io), "GET", `${path}&sid=${sid}`)).body, "2:40");
  },

  "clients of 2.x: the middlewares of the main namespace come first, and their error is a text": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.use((_socket, next) => void setImmediate(next, new Error("root refused")));
    const peer = await stage.peer(QUERY);
    assert.equal(await peer.next(), '4"root refused"');
    assert.equal(io.sockets.sockets.size, 0);
    await alive(peer);
  },

  "clients of 2.x: the data of a middleware's error takes the place of its message": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.use((_socket, next) => next(Object.assign(new Error("no"), { data: { code: 1 } })));
    const peer = await stage.peer(QUERY);
    assert.equal(await peer.next(), '4{"code":1}');
  },

  "clients of 2.x: a namespace is refused by the text or the data of an error": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.of("/text").use((_socket, next) => next(new Error("nope")));
    io.of("/data").use((_socket, next) => next(Object.assign(new Error("no"), { data: { hints: ["a", null] } })));
    const { peer } = await old(stage);
    assert.equal(await peer.ask("/text"), '4/text,"nope"');
    assert.equal(await peer.ask("/data"), '4/data,{"hints":["a",null]}');
    await alive(peer);
  },

  "clients of 2.x: an unknown namespace is refused by a text, as by servers of Socket.IO 2": {
    upstreamDiffers: "9.2, 17",
    async run(stage) {
      await stage.serve(ALLOWED);
      const { peer } = await old(stage);
      assert.equal(await peer.ask("/nope"), '4/nope,"Invalid namespace"');
    },
  },

  "clients of 2.x: a namespace may be asked for before the main one is joined": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.use((_socket, next) => void setImmediate(() => setImmediate(next)));
    io.of("/admin");
    const peer = await stage.peer(QUERY);
    peer.send("0/admin,");
    assert.deepEqual(new Set(await peer.receive(2)), new Set(["0", "0/admin,"]));
  },

  "clients of 2.x: who asks for the main namespace, which it has, is closed": async (stage) => {
    await stage.serve(ALLOWED);
    const { peer } = await old(stage);
    peer.send("0");
    assert.equal(await peer.next(), "closed 1005");
  },

  "clients of 2.x: the name of a namespace is read as the path of a URL, in every packet": async (stage) => {
    const io = await stage.serve(ALLOWED);
    const heard: unknown[] = [];
    io.of(/^\/dyn/).on("connection", (socket) => socket.onAny((...args) => heard.push([socket.nsp.name, ...args])));
    for (const [given, name] of [
      ["/dyn?token=abc", "/dyn"],
      ["/dyn/../dynb", "/dynb"],
      ["//x/dyn", "/dyn"],
      ["/dyné", "/dyn%C3%A9"],
    ]) {
      const { peer } = await old(stage);
      peer.send(`0${given},`);
      assert.equal(await peer.next(), `0${name},`);
      peer.send(`2${given},["x",1]`);
      await alive(peer);
      assert.deepEqual(heard.splice(0), [[name, "x", 1]]);
    }
  },

  "clients of 2.x: events, answers and bytes travel as in protocol 5": async (stage) => {
    const io = await stage.serve(ALLOWED);
    const { peer, socket } = await old(stage, io);
    socket.on("echo", (value, bytes, answer) => answer(value, bytes));
    // In revision 3 bytes have their type before them.
    peer.send('51-7["echo","é",{"_placeholder":true,"num":0}]', Buffer.from([4, 1, 2]));
    assert.deepEqual(await peer.receive(2), ['61-7["é",{"_placeholder":true,"num":0}]', Buffer.from([4, 1, 2])]);
    const answer = socket.emitWithAck("question", Buffer.from([3]));
    assert.deepEqual(await peer.receive(2), ['51-0["question",{"_placeholder":true,"num":0}]', Buffer.from([4, 3])]);
    peer.send("30[1]");
    assert.equal(await answer, 1);
    io.emit("all", 1);
    assert.equal(await peer.next(), '2["all",1]');
  },

  "clients of 2.x: leaving the main namespace leaves the connection, and its heartbeat": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.of("/admin");
    const { peer, socket } = await old(stage, io);
    const gone = stage.event(socket, "disconnect");
    assert.equal(await peer.ask("/admin"), "0/admin,");
    peer.send("1");
    assert.equal((await gone)[0], "client namespace disconnect");
    await alive(peer);
    assert.equal(io.of("/admin").sockets.size, 1);
  },

  "clients of 2.x: the server's disconnect is told, and the connection stays": async (stage) => {
    const io = await stage.serve(ALLOWED);
    const { peer, socket } = await old(stage, io);
    socket.disconnect();
    assert.equal(await peer.next(), "1");
    await alive(peer);
  },

  "clients of 2.x: a packet for a namespace that is not joined closes the connection": async (stage) => {
    const io = await stage.serve(ALLOWED);
    io.of("/admin");
    const { peer, socket } = await old(stage, io);
    const gone = stage.event(socket, "disconnect");
    peer.send('2/admin,["x"]');
    assert.equal((await gone)[0], "forced close");
    assert.equal(await peer.next(), "closed 1005");
  },

  "clients of 2.x: what protocol 5 refuses is refused": async (stage) => {
    const io = await stage.serve(ALLOWED);
    for (const packet of ["9", '50-["x"]', '2["disconnect"]', "2{}", '511-["x"]']) {
      const { peer, socket } = await old(stage, io);
      const [failed, gone] = [stage.event(socket, "error"), stage.event(socket, "disconnect")];
      peer.send(packet);
      assert.ok((await failed)[0] instanceof Error, packet);
      assert.equal((await gone)[0], "forced close");
    }
  },

  "clients of 2.x: a main namespace that is joined ends the wait for one": async (stage) => {
    const io = await stage.serve({ ...ALLOWED, connectTimeout: 1000 });
    const { peer } = await old(stage, io);
    stage.clock.advance(2000);
    await alive(peer);
  },

  "clients of 2.x: a connection whose main namespace was refused is not waited for": async (stage) => {
    const io = await stage.serve({ ...ALLOWED, connectTimeout: 1000 });
    io.use((_socket, next) => next(new Error("no")));
    const peer = await stage.peer(QUERY);
    assert.equal(await peer.next(), '4"no"');
    stage.clock.advance(1100);
    assert.equal(await peer.next(), "closed 1005");
  },

  "clients of 2.x: sessions are not recovered, their ids are those of connections": async (stage) => {
    const io = await stage.serve({ ...ALLOWED, connectionStateRecovery: {} });
    const { peer, socket } = await old(stage, io);
    assert.deepEqual([socket.id, socket.recovered], [peer.opened.sid, false]);
    io.of("/admin");
    peer.send("0/admin?pid=abc&offset=def,");
    assert.equal(await peer.next(), "0/admin,");
    const [admin] = [...io.of("/admin").sockets.values()];
    assert.deepEqual([admin!.id, admin!.recovered], [`/admin#${peer.opened.sid}`, false]);
  },
};

/** A client that has joined the main namespace by connecting, with the server's half of it. */
async function old(stage: Stage, io?: Awaited<ReturnType<Stage["serve"]>>) {
  const peer = await stage.peer(QUERY, stage.port(io));
  assert.equal(await peer.next(), "0");
  const socket = io?.sockets.sockets.get(peer.opened.sid);
  return { peer, socket: socket! };
}

/** The client's ping is answered (protocols.md 2.5). */
async function alive(peer: Peer): Promise<void> {
  peer.raw.send("2");
  assert.deepEqual(await peer.raw.receive(1), ["3"]);
}
