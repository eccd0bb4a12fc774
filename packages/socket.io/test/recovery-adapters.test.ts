import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Socket } from "socket.io";
import {
  Adapter,
  SessionAwareAdapter,
  type BroadcastOptions,
  type Session,
  type SessionToPersist,
} from "socket.io-adapter";
import type { Packet } from "socket.io-parser";
import { deferred } from "../../../tests/support/deferred.ts";
import { ticks } from "./support/fake-engine.ts";
import { connected, recovering, withoutOffset } from "./support/recovery.ts";

/** An adapter with a store that takes its time, as those of other makes do. */
class StoreAdapter extends Adapter {
  static sessions = new Map<string, Session>();
  static persisted: unknown[] = [];
  static restored: unknown[][] = [];
  /** What runs before a call is answered. */
  static saving: Promise<void> | undefined;
  static loading: Promise<void> | undefined;

  static fresh(): typeof StoreAdapter {
    return class extends StoreAdapter {
      static override sessions = new Map<string, Session>();
      static override persisted: unknown[] = [];
      static override restored: unknown[][] = [];
      static override saving = undefined;
      static override loading = undefined;
    };
  }

  private get store(): typeof StoreAdapter {
    return this.constructor as typeof StoreAdapter;
  }

  // oxlint-disable-next-line typescript/no-misused-promises -- adapters with a store may take their time
  override persistSession(session: Session): Promise<void> {
    const { store } = this;
    store.persisted.push(session);
    const save = (): void =>
      void store.sessions.set(session.pid, { ...session, missedPackets: [["stored", 1, "7-0"]] });
    if (store.saving !== undefined) return store.saving.then(save);
    save();
    return Promise.resolve();
  }

  override async restoreSession(pid: string, offset: string): Promise<Session> {
    const { store } = this;
    store.restored.push([pid, offset]);
    if (store.loading !== undefined) await store.loading;
    const session = store.sessions.get(pid);
    store.sessions.delete(pid);
    // As the adapter of Redis Streams does.
    // oxlint-disable-next-line typescript/only-throw-error -- what is thrown elsewhere has to be borne
    if (session === undefined) throw "session or offset not found";
    return session;
  }
}

describe("adapters of other makes", () => {
  test("are given sessions to keep between disconnecting and disconnect, and asked for them", async () => {
    const Store = StoreAdapter.fresh();
    const { server, sockets } = recovering({}, { adapter: Store });
    const client = await connected(server);
    const [socket] = sockets as [Socket];
    await socket.join("r");
    socket.data = { a: 1 };
    const order: unknown[] = [];
    socket.on("disconnecting", () => order.push(["disconnecting", Store.persisted.length]));
    socket.on("disconnect", () => order.push(["disconnect", Store.persisted.length]));
    client.lose();
    assert.deepEqual(order, [
      ["disconnecting", 0],
      ["disconnect", 1],
    ]);
    assert.deepEqual(Store.persisted, [{ sid: client.sid, pid: client.pid, rooms: [client.sid, "r"], data: { a: 1 } }]);
    const { missed } = await client.reconnect().enter({ pid: client.pid, offset: "3-0" });
    assert.deepEqual(Store.restored, [[client.pid, "3-0"]]);
    assert.deepEqual(missed, ['2["stored",1,"7-0"]']);
    assert.equal(sockets[1]!.recovered, true);
    assert.deepEqual(sockets[1]!.rooms, new Set([client.sid, "r"]));
  });

  test("without a log, that throw, that reject or that lack the hooks: a new session, and nothing breaks", async () => {
    class Rejecting extends Adapter {
      // oxlint-disable-next-line typescript/no-misused-promises -- adapters with a store may take their time
      override persistSession(): Promise<void> {
        return Promise.reject(new Error("store is down"));
      }
      override restoreSession(): Promise<Session> {
        return Promise.reject(new Error("store is down"));
      }
    }
    class Throwing extends Adapter {
      override persistSession(): void {
        throw new Error("store is down");
      }
      override restoreSession(): Promise<Session> {
        throw new Error("store is down");
      }
    }
    class Lacking extends Adapter {}
    Object.assign(Lacking.prototype, { persistSession: undefined, restoreSession: undefined });
    class Odd extends Adapter {
      override restoreSession(): Promise<Session> {
        return Promise.resolve({ sid: "stolen", pid: "of somebody else", rooms: [], data: {}, missedPackets: [] });
      }
    }
    for (const adapter of [Adapter, Rejecting, Throwing, Lacking, Odd]) {
      const { server, sockets, log } = recovering({}, { adapter });
      const client = await connected(server);
      assert.ok(client.pid);
      const old = client.sid;
      client.lose();
      assert.deepEqual(log, [[old, "transport close"]]);
      await client.reconnect().enter({ pid: client.pid, offset: "x" });
      assert.equal(sockets[1]!.recovered, false, adapter.name);
      assert.notEqual(client.sid, old);
    }
  });

  test("may extend the one that keeps sessions, and change what it is given and gives", async () => {
    const noted: unknown[] = [];
    class Noting extends SessionAwareAdapter {
      override broadcast(packet: Packet, opts: BroadcastOptions): void {
        super.broadcast({ ...packet, data: [...(packet.data as unknown[]), "noted"] }, opts);
      }
      override persistSession(session: SessionToPersist): void {
        noted.push(["kept", session.sid]);
        super.persistSession({ ...session, rooms: [...session.rooms, "one more"] });
      }
      override async restoreSession(pid: string, offset: string): Promise<Session | null> {
        const session = await super.restoreSession(pid, offset);
        noted.push(["restored", session?.sid]);
        return session;
      }
    }
    const { server, sockets, io } = recovering({}, { adapter: Noting });
    const client = await connected(server);
    const { sid } = client;
    io.emit("seen");
    const [name, note, offset] = JSON.parse(String(client.conn.take().at(-1)).slice(1)) as string[];
    assert.deepEqual([name, note], ["seen", "noted"]);
    client.lose();
    io.emit("missed");
    const { missed } = await client.reconnect().enter({ pid: client.pid, offset });
    assert.deepEqual(
      missed.map((message) => withoutOffset(message)),
      [["missed", "noted"]],
    );
    assert.deepEqual([sockets[1]!.recovered, sockets[1]!.id, [...sockets[1]!.rooms]], [true, sid, [sid, "one more"]]);
    assert.deepEqual(noted, [
      ["kept", sid],
      ["restored", sid],
    ]);
  });

  test("that are still writing a session are waited for", async () => {
    const Store = StoreAdapter.fresh();
    const gate = deferred();
    const { server, sockets } = recovering({}, { adapter: Store });
    const client = await connected(server);
    Store.saving = gate.promise;
    // The old connection seems alive: it is closed, its session is on its way to the store.
    client.reconnect().ask({ pid: client.pid, offset: "x" });
    await ticks();
    assert.deepEqual([Store.persisted.length, Store.restored.length], [1, 0]);
    gate.resolve();
    await ticks();
    assert.equal(Store.restored.length, 1);
    assert.equal(sockets[1]!.recovered, true);
  });

  test("that are still reading a session when the connection ends are given it back", async () => {
    const Store = StoreAdapter.fresh();
    const gate = deferred();
    const { server, sockets, io } = recovering({}, { adapter: Store });
    const client = await connected(server);
    client.lose();
    Store.loading = gate.promise;
    client.reconnect().ask({ pid: client.pid, offset: "x" });
    await ticks();
    client.lose();
    gate.resolve();
    await ticks();
    Store.loading = undefined;
    assert.deepEqual(Store.persisted[1], Store.persisted[0]);
    assert.equal(io.sockets._preConnectSockets.size, 0);
    assert.equal(io.sockets.adapter.sids.size, 0);
    await client.reconnect().enter({ pid: client.pid, offset: "x" });
    assert.deepEqual(
      sockets.map(({ recovered }) => recovered),
      [false, true],
    );
  });

  test("that are still reading a session when its client comes once more: the later attempt has it", async () => {
    const Store = StoreAdapter.fresh();
    const gate = deferred();
    const { server, sockets, io } = recovering({}, { adapter: Store });
    const client = await connected(server);
    client.lose();
    Store.loading = gate.promise;
    const auth = { pid: client.pid, offset: "x" };
    client.reconnect().ask(auth);
    const old = client.conn;
    client.reconnect().ask(auth);
    await ticks();
    gate.resolve();
    await ticks();
    assert.equal(old.readyState, "closed");
    assert.equal(client.answer().sid, sockets[0]!.id);
    assert.equal(io.sockets.sockets.size, 1);
  });

  test("are given the sessions of a server that closes, and time to write them", async () => {
    const Store = StoreAdapter.fresh();
    const gate = deferred();
    let closed = 0;
    Store.prototype.close = () => void closed++;
    const { server, io, log } = recovering({}, { adapter: Store });
    const client = await connected(server);
    Store.saving = gate.promise;
    const done = io.close();
    await ticks();
    assert.deepEqual(log, [[client.sid, "server shutting down"]]);
    assert.deepEqual([Store.persisted.length, closed], [1, 0]);
    gate.resolve();
    await done;
    assert.deepEqual([Store.sessions.size, closed], [1, 1]);
  });
});
