import assert from "node:assert/strict";
import type { Namespace } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Stage } from "../stage.ts";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/** Names that are not for everybody, and words that others match (rows S-188 to S-193). */
export const reserved: Behaviours = {
  "reserved names cannot be emitted": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    for (const name of RESERVED) {
      const expected = { name: "Error", message: `"${name}" is a reserved event name` };
      for (const emitter of [socket, io, io.of("/"), io.to("r"), socket.broadcast, io.of("/other")]) {
        assert.throws(() => insides(emitter).emit(name), expected, name);
        assert.throws(() => insides(emitter).emit(name, 1, () => {}), expected, name);
      }
    }
    assert.deepEqual(await peer.sofar(), []);
  },

  "other names can be emitted, whatever they mean elsewhere": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    for (const name of ["connection", "error", "new_namespace", "message", "ping", "reconnect", ""]) {
      assert.equal(socket.emit(name), true);
      assert.equal(io.emit(name), true);
      assert.deepEqual(await peer.receive(2), [`2["${name}"]`, `2["${name}"]`]);
    }
    insides(socket).emit(5, "x");
    assert.equal(await peer.next(), '2[5,"x"]');
    insides(io).emit(5);
    assert.equal(await peer.next(), "2[5]");
    // It has no JSON; what counts is that nothing throws.
    insides(socket).emit(Symbol("name"), 1);
    assert.equal(await peer.next(), "2[null,1]");
  },

  "serverSideEmit has reserved names of its own": async (stage) => {
    const io = await stage.serve();
    io.of("/other");
    withWarnings((warnings) => {
      for (const name of ["connect", "connection", "new_namespace"]) {
        const expected = { message: `"${name}" is a reserved event name` };
        assert.throws(() => io.serverSideEmit(name), expected);
        assert.throws(() => io.of("/other").serverSideEmit(name, 1), expected);
      }
      assert.deepEqual(warnings, []);
      for (const name of ["disconnect", "connect_error", "error"]) assert.equal(io.serverSideEmit(name), true);
    });
  },

  "reserved names are refused from clients": async (stage) => {
    for (const name of RESERVED) {
      const io = await stage.serve();
      const { socket, peer } = await stage.join(io);
      const log: unknown[] = [];
      socket.onAny((event) => log.push(event));
      socket.on("error", (error) => log.push(error.message));
      const gone = stage.event(socket, "disconnect");
      peer.emit(name, 1);
      await gone;
      assert.deepEqual(log, ["invalid payload"], name);
    }
  },

  "names that are reserved elsewhere may come from clients": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const heard: unknown[] = [];
    socket.onAny((event) => heard.push(event));
    const names = ["connection", "error", "new_namespace", "ping", "pong", 5, ""];
    for (const name of names) peer.emit(name);
    peer.emit("end");
    await stage.event(socket, "end");
    assert.deepEqual(heard, [...names, "end"]);
  },

  "an answer that does not come in time is 'operation has timed out'": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    const asked = [
      socket.timeout(10).emitWithAck("a"),
      io.timeout(10).emitWithAck("a"),
      new Promise((_, reject) => socket.timeout(10).emit("a", reject)),
    ];
    const rejected = Promise.all(
      asked.map((one) => assert.rejects(one, { name: "Error", message: "operation has timed out" })),
    );
    stage.clock.advance(11);
    await rejected;
  },

  "the adapter in memory warns that it has no other servers": async (stage) => {
    const io = await stage.serve();
    withWarnings((warnings) => {
      assert.equal(io.serverSideEmit("a", 1), true);
      assert.deepEqual(warnings, [["this adapter does not support the serverSideEmit() functionality"]]);
    });
  },

  "servers that do not answer are counted": async (stage) => {
    const { ClusterAdapter } = stage.cell.adapter;
    /** One of three servers, the others of which are silent. */
    class Lonely extends ClusterAdapter {
      override serverCount(): Promise<number> {
        return Promise.resolve(3);
      }

      override doPublish(): Promise<string> {
        return Promise.resolve("");
      }

      override doPublishResponse(): Promise<void> {
        return Promise.resolve();
      }
    }
    await lonely(stage, Lonely, "timeout reached: only 0 responses received out of 2");
  },

  "servers that do not answer are missing, where the others are known by name": async (stage) => {
    const { ClusterAdapterWithHeartbeat, MessageType } = stage.cell.adapter;
    class Lonely extends ClusterAdapterWithHeartbeat {
      constructor(nsp: Namespace) {
        super(nsp, {});
        this.onMessage({ uid: "silent", nsp: nsp.name, type: MessageType.HEARTBEAT } as never);
      }

      override doPublish(): Promise<string> {
        return Promise.resolve("");
      }

      override doPublishResponse(): Promise<void> {
        return Promise.resolve();
      }
    }
    await lonely(stage, Lonely, "timeout reached: missing 1 responses");
  },
};

/** What is written to `console.warn` meanwhile. */
function withWarnings(run: (warnings: unknown[][]) => void): void {
  const { warn } = console;
  const warnings: unknown[][] = [];
  console.warn = (...args: unknown[]) => void warnings.push(args);
  try {
    run(warnings);
  } finally {
    console.warn = warn;
  }
}

/** What is asked of all servers fails with these words. */
async function lonely(stage: Stage, adapter: unknown, message: string): Promise<void> {
  const io = await stage.serve({ adapter: adapter as never });
  await stage.quiet();
  const failures = [
    assert.rejects(io.fetchSockets(), { message }),
    assert.rejects(io.serverSideEmitWithAck("question"), { message, responses: [] }),
  ];
  await stage.quiet();
  stage.clock.advance(5001);
  await Promise.all(failures);
}
