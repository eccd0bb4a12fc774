import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member } from "../../support/member.ts";
import { until } from "../../support/until.ts";
import type { Node, Pair } from "./pair.ts";

/** What an adapter knows beyond broadcasts, which all of them know. */
export interface Abilities {
  readonly serverSideEmit?: boolean;
  readonly serverCount?: boolean;
  /** To stop listening when the server closes. Without it, the application ends what it gave the adapter. */
  readonly close?: boolean;
  /** Acknowledgements of broadcasts. */
  readonly acks?: boolean;
  /** Without it, bytes arrive as JSON has them. */
  readonly bytes?: boolean;
  /** The last argument of each event is an offset. */
  readonly offsets?: boolean;
}

export const ALL: Abilities = { serverSideEmit: true, serverCount: true, close: true, acks: true };

const VALUES = [1, "€", null, { a: [true, { b: 1.5 }] }];
const BYTES = [{ file: Buffer.from([1, 2, 3]), name: "a" }, Buffer.alloc(70_000, 7)];

/** Registers what is to be true of two servers with an adapter of any make. The last test closes one of them. */
export function actsAsOneServer(pair: () => Pair, abilities: Abilities): void {
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const sender = (): Member => pair().members[from];
    const receiver = (): Member => pair().members[to];
    const io = (): Node["io"] => pair().nodes[from].io;
    const args = async (name: string, count: number): Promise<unknown[]> => {
      const heard = await receiver().hears(name);
      assert.equal(heard.length, abilities.offsets === true ? count + 1 : count);
      return heard.slice(0, count);
    };

    test(`server ${from} broadcasts to all, to a room and to all but some`, async () => {
      const name = `broadcast of ${from}`;
      io().emit(`${name}, all`, ...VALUES);
      io().to(`room ${to}`).emit(`${name}, room`);
      io().to("room").except(`room ${from}`).emit(`${name}, except`);
      io().local.emit(`${name}, local`);
      sender().socket.broadcast.emit(`${name}, others`);
      sender().socket.to("room").emit(`${name}, others in a room`);
      io().emit(`${name}, end`);
      await Promise.all([sender().hears(`${name}, end`), receiver().hears(`${name}, end`)]);
      assert.deepEqual(await args(`${name}, all`, VALUES.length), VALUES);
      assert.deepEqual(
        receiver().named(name),
        ["all", "room", "except", "others", "others in a room", "end"].map((what) => `${name}, ${what}`),
      );
      // An adapter with offsets may deliver here later than what is local.
      assert.deepEqual(
        new Set(sender().named(name)),
        new Set(["all", "local", "end"].map((what) => `${name}, ${what}`)),
      );
    });

    if (abilities.bytes !== false)
      test(`server ${from} broadcasts bytes`, async () => {
        io()
          .to("room")
          .emit(`bytes of ${from}`, ...BYTES);
        assert.deepEqual(await args(`bytes of ${from}`, BYTES.length), BYTES);
      });

    test(`the other server gets what server ${from} broadcasts in its order`, async () => {
      const name = `number of ${from}`;
      for (let at = 0; at < 100; at++) io().to("room").emit(name, at);
      io().to("room").emit(`${name}, end`);
      await receiver().hears(`${name}, end`);
      const numbers = receiver().heard.filter(([heard]) => heard === name);
      assert.deepEqual(
        numbers.map(([, at]) => at),
        Array.from({ length: 100 }, (_, at) => at),
      );
    });

    test(`server ${from} finds the sockets of both, with their rooms and data`, async () => {
      receiver().socket.data = { user: "ann" };
      const found = await io().in("room").fetchSockets();
      assert.deepEqual(
        new Set(found.map(({ id }: { id: string }) => id)),
        new Set([sender().socket.id, receiver().socket.id]),
      );
      const remote = found.find(({ id }: { id: string }) => id === receiver().socket.id);
      assert.deepEqual([remote.data, [...remote.rooms]], [{ user: "ann" }, [remote.id, "room", `room ${to}`]]);
      assert.equal(remote.handshake.headers.upgrade, "websocket");
      assert.equal((await io().in(`room ${to}`).fetchSockets()).length, 1);
      assert.equal((await io().local.fetchSockets()).length, 1);
    });

    test(`server ${from} makes sockets of the other join and leave rooms`, async () => {
      const joined = happens(pair().nodes[to].io, "join-room", `new ${from}`);
      io()
        .in(`room ${to}`)
        .socketsJoin([`new ${from}`]);
      await joined;
      assert.ok(receiver().socket.rooms.has(`new ${from}`));
      assert.ok(!sender().socket.rooms.has(`new ${from}`));
      const left = happens(pair().nodes[to].io, "leave-room", `new ${from}`);
      io().in(`new ${from}`).socketsLeave(`new ${from}`);
      await left;
      assert.ok(!receiver().socket.rooms.has(`new ${from}`));
    });

    test(`server ${from} disconnects sockets of the other`, async () => {
      const guest = await pair().nodes[to].connect([`guests of ${from}`]);
      const gone = new Promise((resolve) => guest.client.once("disconnect", resolve));
      io().in(`guests of ${from}`).disconnectSockets();
      assert.equal(await gone, "io server disconnect");
    });

    if (abilities.serverSideEmit === true) {
      test(`server ${from} speaks with the other, which answers`, async () => {
        const other = pair().nodes[to].io;
        const heard = new Promise((resolve) => other.once("hello", (...given: unknown[]) => resolve(given)));
        io().serverSideEmit("hello", 1, { a: "b" });
        assert.deepEqual(await heard, [1, { a: "b" }]);
        other.once("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
        assert.deepEqual(await io().serverSideEmitWithAck("sum", 1, 2), [3]);
      });
    }

    if (abilities.acks === true) {
      test(`server ${from} gets the answers of the clients of both, plain and in bytes`, async () => {
        for (const { client } of pair().members) {
          client.once("ask", (...given: unknown[]) => (given.at(-1) as (value: string) => void)("yes"));
          client.once("ask bytes", (...given: unknown[]) =>
            (given.at(-1) as (value: Buffer) => void)(Buffer.from([1])),
          );
        }
        assert.deepEqual(await io().to("room").timeout(5000).emitWithAck("ask", 1), ["yes", "yes"]);
        assert.deepEqual(await io().to("room").timeout(5000).emitWithAck("ask bytes"), [
          Buffer.from([1]),
          Buffer.from([1]),
        ]);
        const silent = io().to("room").timeout(50).emitWithAck("nobody answers");
        await assert.rejects(silent, { responses: [] });
      });
    }
  }

  test("a server that closes leaves the other alone", async () => {
    const [one, other] = pair().nodes;
    if (abilities.close === true) await other.io.close();
    else await other.stop();
    const { adapter } = one.io.of("/");
    if (abilities.serverCount === true) {
      await until(async () => (await adapter.serverCount()) === 1);
      assert.equal((await one.io.in("room").fetchSockets()).length, 1);
    }
    one.io.to("room").emit("alone");
    await pair().members[0].hears("alone");
  });
}

/** Resolves at an event of the adapter of a server about this room. */
function happens(io: Node["io"], event: string, room: string): Promise<void> {
  const { adapter } = io.of("/");
  return new Promise((resolve) => {
    const look = (about: string): void => {
      if (about !== room) return;
      adapter.off(event, look);
      resolve();
    };
    adapter.on(event, look);
  });
}
