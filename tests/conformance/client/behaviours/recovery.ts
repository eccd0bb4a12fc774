import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import type { Scene, Stage } from "../stage.ts";

/** Recovery of a session, seen by the client (rows C-82, C-124, C-125). */
export const recovery: Behaviours = {
  "the session's name and the last offset go with the next CONNECT, under what auth says": async (stage) => {
    const scene = await withSession(stage, { auth: { token: 1 } });
    assert.equal(scene.wire.joined, '0{"token":1}');
    const next = await lost(stage, scene);
    assert.deepEqual(payload(next.joined), { pid: "P", offset: "off1", token: 1 });
    const own = await withSession(stage, { auth: (answer) => answer({ offset: "mine" }) });
    assert.deepEqual(payload((await lost(stage, own)).joined), { pid: "P", offset: "mine" });
  },

  "without an event there is a name, and no offset": async (stage) => {
    const scene = await stage.joined({ reconnection: true }, '0{"sid":"x","pid":"P"}');
    assert.deepEqual(payload((await lost(stage, scene)).joined), { pid: "P" });
  },

  "a text at the end of an event is its offset, anything else is none": async (stage) => {
    const scene = await withSession(stage);
    const last = stage.event(scene.socket, "last");
    scene.wire.send('2["a","off2"]', '2["b",5]', '27["c","with a question"]', '2["last",null]');
    await last;
    assert.deepEqual(payload((await lost(stage, scene)).joined), { pid: "P", offset: "off2" });
  },

  "where the server has no recovery, nothing of a session is sent": async (stage) => {
    const scene = await stage.joined({ reconnection: true });
    const heard = stage.event(scene.socket, "a");
    scene.wire.send('2["a","off1"]');
    await heard;
    const next = await lost(stage, scene);
    assert.equal(next.joined, "0");
    const connected = stage.event(scene.socket, "connect");
    next.send('0{"sid":"y","pid":"Q"}');
    await connected;
    assert.equal(scene.socket.recovered, false);
  },

  "a session of the same name is recovered, one of another is not": async (stage) => {
    for (const [pid, recovered] of [
      ["P", true],
      ["Q", false],
    ] as const) {
      const scene = await withSession(stage);
      assert.equal(scene.socket.recovered, false);
      const next = await lost(stage, scene);
      const connected = stage.event(scene.socket, "connect");
      next.send(`0{"sid":"y","pid":"${pid}"}`);
      await connected;
      assert.deepEqual([scene.socket.recovered, scene.socket.id], [recovered, "y"]);
    }
  },

  "what was missed may come before the answer to CONNECT: it is heard just before connect": async (stage) => {
    const scene = await withSession(stage);
    const log = stage.log(scene.socket, ["missed", "connect"]);
    const next = await lost(stage, scene);
    const connected = stage.event(scene.socket, "connect");
    next.send('2["missed",1,"off2"]', '2["missed",2,"off3"]', '0{"sid":"x","pid":"P"}');
    await connected;
    assert.deepEqual(log, [["missed", 1, "off2"], ["missed", 2, "off3"], ["connect"]]);
    assert.equal(scene.socket.recovered, true);
    assert.deepEqual(payload((await lost(stage, { ...scene, wire: next })).joined), { pid: "P", offset: "off3" });
  },

  "or after it: it is heard after connect": async (stage) => {
    const scene = await withSession(stage);
    const log = stage.log(scene.socket, ["missed", "connect"]);
    const next = await lost(stage, scene);
    next.send('0{"sid":"x","pid":"P"}', '2["missed",1,"off2"]', '2["missed",2,"off3"]');
    await stage.until(() => log.length === 3);
    assert.deepEqual(log, [["connect"], ["missed", 1, "off2"], ["missed", 2, "off3"]]);
    assert.deepEqual(payload((await lost(stage, { ...scene, wire: next })).joined), { pid: "P", offset: "off3" });
  },

  "a new session has no offset of the old one": {
    upstreamDiffers: "protocols.md 3.10: a client whose session was not restored drops its old ones",
    run: async (stage) => {
      const scene = await withSession(stage);
      const next = await lost(stage, scene);
      const connected = stage.event(scene.socket, "connect");
      next.send('0{"sid":"y","pid":"Q"}');
      await connected;
      assert.deepEqual(payload((await lost(stage, { ...scene, wire: next })).joined), { pid: "Q" });
    },
  },

  "the name is not forgotten by disconnect()": async (stage) => {
    const scene = await withSession(stage);
    scene.socket.disconnect();
    await scene.wire.receive(2);
    scene.socket.connect();
    const next = await scene.server.accept();
    assert.deepEqual(payload(await next.next()), { pid: "P", offset: "off1" });
  },
};

/** A client with a session and an offset. */
async function withSession(stage: Stage, options: Parameters<Stage["joined"]>[0] = {}): Promise<Scene> {
  const scene = await stage.joined({ reconnection: true, ...options }, '0{"sid":"x","pid":"P"}');
  const heard = stage.event(scene.socket, "a");
  scene.wire.send('2["a","off1"]');
  await heard;
  return scene;
}

/** The connection breaks; gives the next one, whose CONNECT has come. */
async function lost(stage: Stage, { wire, server }: Scene): Promise<Scene["wire"]> {
  wire.cut();
  const next = await stage.whileTimePasses(server.accept());
  next.joined = await next.next();
  return next;
}

function payload(packet: string | Buffer): unknown {
  return JSON.parse(String(packet).slice(1));
}
