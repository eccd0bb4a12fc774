import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decode } from "@msgpack/msgpack";
import { renamed, type PlainFrame } from "../../conformance/cluster-vectors/canonical.ts";
import {
  FENCE,
  judge,
  plain,
  recordedUids,
  recordingOf,
  settled,
  uidsOf,
} from "../../conformance/cluster-vectors/judge.ts";
import { OPERATIONS, type Operation } from "../../conformance/cluster-vectors/operations.ts";
import { StageNode } from "../../conformance/cluster-vectors/stage.ts";
import { untag } from "../../conformance/vectors/tagged-values.ts";
import { StandInPostgres, type Statement } from "./postgres-stand-in.ts";
import { assertServerIsOurs, load, OUR_BASE, placeFor, placeOf } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- packages of the tree have no types here */

const ADAPTER = "@socket.io/postgres-adapter";
const EMITTER = "@socket.io/postgres-emitter";

/** What else was recorded. */
const MORE: Readonly<Record<string, Operation>> = {
  "payload above payloadThreshold": ({ io }) => void io.emit("big", "x".repeat(9000)),
};

/** Attachments longer than this, in bytes, are recorded by so many hexadecimal digits. */
const LONG = 1000;
const START_DIGITS = 200;

/** A type that says only that a server is there. */
const HEARTBEAT = 2;

describe(`what servers over ${ADAPTER} were recorded to say to each other`, () => {
  const postgres = new StandInPostgres();
  const recording = recordingOf("postgres-adapter");
  const nodes: StageNode[] = [];
  const pair = (): readonly [StageNode, StageNode] => nodes as unknown as readonly [StageNode, StageNode];

  before(async () => {
    const { Server } = load("socket.io");
    const { io: connect } = load("socket.io-client");
    for (const number of [0, 1]) {
      const adapter = load(ADAPTER).createAdapter(postgres.pool(number));
      nodes.push(await StageNode.start(number, adapter, { Server, connect }));
      await postgres.idle();
    }
  });
  after(async () => {
    for (const node of nodes) await node.stop();
  });

  test("the packages are those, by version and place", () => {
    assertServerIsOurs();
    assert.deepEqual([placeOf(ADAPTER).version, placeOf(EMITTER).version], ["0.5.0", "0.1.1"]);
    assert.deepEqual(placeFor(ADAPTER, "socket.io-adapter"), OUR_BASE);
  });

  test("they introduce themselves and listen", () => {
    const { setup } = recording as unknown as { setup: Statement[] };
    assert.deepEqual(
      renamed(postgres.statements.map(frameOf), uidsOf(nodes)),
      renamed(setup.map(frameOf), recordedUids(recording)),
    );
  });

  test("our servers say the same for the same call, and so does the emitter", async () => {
    const emitter = new (load(EMITTER).Emitter)(postgres.pool("emitter"));
    await judge("postgres-adapter", async (vector) => {
      const from = postgres.statements.length;
      let result: unknown;
      if (vector.name === "postgres-emitter 0.1.1") emitAll(emitter);
      else result = await { ...OPERATIONS, ...MORE }[vector.name]!(...pair());
      await settled(pair());
      await postgres.idle();
      const said = postgres.statements.slice(from).map(frameOf).filter(isOfCall);
      const recorded = (vector["statements"] as Statement[]).map(frameOf);
      return [
        [renamed(said, uidsOf(nodes)), plain(result)],
        [renamed(recorded, recordedUids(recording)), plain(untag(vector.result))],
      ];
    });
  });
});

function emitAll(emitter: any): void {
  emitter.to("room1").emit("from-emitter", 1);
  emitter.emit("bin", Buffer.from([1]));
  emitter.in("room1").socketsJoin("x");
  emitter.serverSideEmit("srv", 1);
  emitter.in("nobody").disconnectSockets(true);
}

/** A statement, of ours or recorded, in one form. */
function frameOf({ node, sql, params = [] }: Statement): PlainFrame {
  const whose = { node: node === "emitter" ? 2 : node };
  if (sql === "SELECT pg_notify($1, $2)") {
    return { ...whose, command: "NOTIFY", channel: params[0], message: JSON.parse(String(params[1])) as unknown };
  }
  if (!sql.startsWith("INSERT")) return { ...whose, command: sql, args: params };
  return { ...whose, command: sql, message: payloadOf(params[0]) };
}

/** What an attachment holds; of long ones the recording has the beginning, in hexadecimal digits, and the length. */
function payloadOf(value: unknown): unknown {
  const [, start, bytes] = /^([\da-f]+)\.\.\.\((\d+) bytes\)$/.exec(String((value as { $bin?: string }).$bin)) ?? [];
  if (start !== undefined) return { start, bytes: Number(bytes) };
  const payload = (value instanceof Uint8Array ? value : untag(value)) as Uint8Array;
  if (payload.length <= LONG) return decode(payload);
  return { start: Buffer.from(payload).toString("hex").slice(0, START_DIGITS), bytes: payload.length };
}

/** Of what a call says: no fence, and no heartbeat, whose time may come at any moment. */
function isOfCall({ message }: PlainFrame): boolean {
  return (
    !JSON.stringify(message ?? null).includes(FENCE) && (message as { type?: number } | undefined)?.type !== HEARTBEAT
  );
}
