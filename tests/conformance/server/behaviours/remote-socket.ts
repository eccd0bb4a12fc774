import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Stage } from "../stage.ts";
import { cluster } from "../two-nodes.ts";

/** A socket of another server, as `fetchSockets()` gives it (rows S-168 to S-172). */
export const remoteSocket: Behaviours = {
  "a socket of another server is what it was when it was fetched": async (stage) => {
    const { remote, far } = await fetched(stage);
    assert.equal(remote.constructor.name, "RemoteSocket");
    assert.equal(remote.id, far.socket.id);
    assert.deepEqual(remote.rooms, new Set([far.socket.id, "r"]));
    assert.deepEqual(remote.data, { name: "x" });
    assert.deepEqual({ ...remote.handshake.headers }, { ...far.socket.handshake.headers });
    assert.equal(remote.handshake.issued, far.socket.handshake.issued);
    void far.socket.join("later");
    far.socket.data.name = "y";
    assert.equal(remote.rooms.has("later"), false);
    assert.deepEqual(remote.data, { name: "x" });
    assert.equal(insides(remote).operator.constructor.name, "BroadcastOperator");
    assert.deepEqual(insides(remote).operator.rooms, new Set([far.socket.id]));
    assert.equal(insides(remote).operator.flags.expectSingleResponse, true);
  },

  "emit of a remote socket reaches it": async (stage) => {
    const { remote, far, near } = await fetched(stage);
    assert.equal(remote.emit("a", 1, Buffer.from([2])), true);
    assert.deepEqual(await far.peer.receive(2), ['51-["a",1,{"_placeholder":true,"num":0}]', Buffer.from([2])]);
    assert.deepEqual(await near.peer.sofar(), []);
  },

  "a remote socket's answer is one value": async (stage) => {
    const { remote, far } = await fetched(stage);
    const answered = outcome((ack) => remote.timeout(1000).emit("a", ack));
    await reply(far, '["one","two"]');
    assert.deepEqual(await answered, [null, "one"]);
    const promised = remote.timeout(1000).emitWithAck("b");
    await reply(far, '[{"n":1}]');
    assert.deepEqual(await promised, { n: 1 });
  },

  "a remote socket that does not answer is an error with null": async (stage) => {
    const { remote, far } = await fetched(stage);
    const answered = outcome((ack) => remote.timeout(1000).emit("a", ack));
    await far.peer.next();
    stage.clock.advance(1001);
    const [error, response] = await answered;
    assert.ok(error instanceof Error);
    assert.equal(error.message, "operation has timed out");
    assert.equal(response, null);
  },

  "emit of a remote socket takes a callback without a timeout, which is short": async (stage) => {
    const { remote, far } = await fetched(stage);
    const answered = outcome((ack) => void remote.emit("a", ack));
    await far.peer.next();
    stage.clock.advance(2);
    const [error, response] = await answered;
    assert.deepEqual([(error as Error).message, response], ["operation has timed out", null]);
  },

  "timeout of a remote socket gives an operator": async (stage) => {
    const { remote } = await fetched(stage);
    const operator = remote.timeout(50);
    assert.equal(operator.constructor.name, "BroadcastOperator");
    assert.deepEqual(insides(operator).flags, { expectSingleResponse: true, timeout: 50 });
    assert.deepEqual(insides(remote).operator.flags, { expectSingleResponse: true });
  },

  "join, leave and disconnect of a remote socket go through the adapter": async (stage) => {
    const { remote, far } = await fetched(stage);
    assert.equal(remote.join(["a", "b"]), undefined);
    assert.equal(remote.join("c"), undefined);
    assert.equal(far.socket.rooms.has("a"), false);
    await stage.quiet();
    assert.deepEqual([...far.socket.rooms].slice(2), ["a", "b", "c"]);
    assert.equal(remote.leave("b"), undefined);
    await stage.quiet();
    assert.deepEqual([...far.socket.rooms].slice(2), ["a", "c"]);
    const gone = stage.event(far.socket, "disconnect");
    assert.equal(remote.disconnect(), remote);
    assert.equal(far.socket.connected, true);
    assert.equal((await gone)[0], "server namespace disconnect");
    assert.equal(far.socket.conn.readyState, "open");
  },

  "disconnect of a remote socket may close its connection": async (stage) => {
    const { remote, far } = await fetched(stage);
    assert.equal(remote.disconnect(true), remote);
    assert.deepEqual(await far.peer.receive(2), ["1", "closed 1005"]);
  },

  "a remote socket has no emitWithAck, to or on": async (stage) => {
    const { remote } = await fetched(stage);
    for (const name of ["emitWithAck", "to", "on"]) assert.equal(insides(remote)[name], undefined, name);
  },
};

/** The second of two servers has a socket, the first has fetched it. */
async function fetched(stage: Stage) {
  const adapter = cluster(stage.cell) as never;
  const [io, other] = [await stage.serve({ adapter }), await stage.serve({ adapter })];
  const [near, far] = [await stage.join(io), await stage.join(other)];
  void far.socket.join("r");
  far.socket.data.name = "x";
  const [remote] = await io.in("r").fetchSockets();
  assert.ok(remote);
  return { io, near, far, remote };
}

async function reply({ peer }: Awaited<ReturnType<typeof fetched>>["far"], values: string): Promise<void> {
  const id = /^2(\d+)/.exec(String(await peer.next()))?.[1];
  peer.send(`3${id}${values}`);
}

function outcome(ask: (ack: (...args: unknown[]) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => ask((...args) => resolve(args)));
}
