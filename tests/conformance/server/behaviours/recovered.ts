import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

/** What recovery of sessions changes for sockets (rows S-122, S-123, S-131, S-152). */
export const recovered: Behaviours = {
  "a socket that takes up its session again is recovered, with its id, rooms and data": async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: {} });
    const { peer, socket, pid } = await stage.peer().then(async (peer) => {
      const { sid, pid } = await peer.join();
      return { peer, pid, socket: io.sockets.sockets.get(sid)! };
    });
    assert.equal(socket.recovered, false);
    void socket.join("r");
    socket.data = { name: "x" };
    io.emit("a");
    const [, offset] = JSON.parse(String(await peer.next()).slice(1)) as [string, string];
    const gone = stage.event(socket, "disconnect");
    peer.terminate();
    await gone;
    io.to("r").emit("missed");
    const connection = stage.event(io, "connection");
    const again = await stage.peer();
    again.send(`0${JSON.stringify({ pid, offset })}`);
    const [missed, accepted] = await again.receive(2);
    assert.equal(JSON.parse(String(missed).slice(1))[0], "missed");
    assert.deepEqual(JSON.parse(String(accepted).slice(1)), { sid: socket.id, pid });
    const [back] = await connection;
    assert.notEqual(back, socket);
    assert.deepEqual([back.recovered, back.id, back.data], [true, socket.id, { name: "x" }]);
    assert.deepEqual(new Set(back.rooms), new Set([socket.id, "r"]));
  },

  "a session that can be recovered has a private id": async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: {} });
    const peer = await stage.peer();
    const { sid, pid } = await peer.join();
    assert.match(pid!, /^[\w-]{20}$/);
    assert.notEqual(pid, sid);
    assert.equal(insides(io.sockets.sockets.get(sid)!).pid, pid);
  },

  "outgoing catch-all listeners hear the offset of what can be recovered": async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: {} });
    const { socket, peer } = await stage.join(io);
    const heard: unknown[][] = [];
    socket.onAnyOutgoing((...args) => heard.push(args));
    socket.emit("a", 1);
    io.emit("b");
    const sent = (await peer.receive(2)).map((text) => JSON.parse(String(text).slice(1)) as unknown[]);
    assert.deepEqual(heard, sent);
    assert.deepEqual(
      sent.map((event) => [event[0], typeof event.at(-1)]),
      [
        ["a", "string"],
        ["b", "string"],
      ],
    );
    socket.volatile.emit("c");
    assert.deepEqual(heard.at(-1), ["c"]);
  },
};
