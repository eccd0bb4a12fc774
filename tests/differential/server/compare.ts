import assert from "node:assert/strict";
import type { Server } from "socket.io";
import { CELLS, type Cell } from "../../conformance/server/makers.ts";
import { Stage } from "../../conformance/server/stage.ts";
import type { Program } from "./program.ts";
import { World } from "./world.ts";

/*
 * What is left out of programs, since the servers differ there on purpose or as docs/status.md says:
 *
 * - emitWithAck of the server and of namespaces, of sockets that have left; what is sent to these (row S-141);
 * - the callback of an emit that has thrown, since an argument cannot be encoded: nobody waits for an answer here;
 * - what contains itself: the error has another text;
 * - listeners and middlewares that throw or reject (Q-26, docs/differences.md), and `next` called twice (reference hostile.md);
 * - a second CONNECT for a namespace before the first is answered: one answer here (packages/socket.io/test/joining.test.ts);
 * - rooms of a socket whose connection ends while a middleware keeps it waiting: it leaves them at once here, upstream once it is let in;
 * - what listeners do when several packets come in one read (docs/status.md);
 * - unless all clients poll, volatile packets that are not alone in their tick (docs/differences.md);
 * - with recovery (docs/differences.md, docs/recovery.md): sessions that were taken up once and have ended by a farewell or a refusal, offsets of
 *   earlier sessions, what middlewares send, and those who are cut off in namespaces that are removed when they are empty;
 * - with recovery, who is in the room of another's id: upstream sends them what that one is sent with an acknowledgement, or volatile;
 * - what cannot be encoded, with recovery: upstream keeps it, and fails when its client comes back;
 * - with recovery, who is not in the room of its own id, since an adapter was called by itself: upstream keeps for it what is sent to all;
 * - a listener given to `of()` with a name that some parent matches and nobody has asked for: upstream forgets it (row S-71);
 * - new adapters while somebody is connected (docs/status.md); what an `error` of another server leads to: upstream throws without a listener;
 * - for how long who has left its last namespace stays, with `connectTimeout` (9.2, 9);
 * - clients of Socket.IO 2 in the main namespace that were not let in: what they are sent reaches them upstream;
 * - with msgpack, what `forMsgpack` says; objects around texts and numbers beside bytes, which upstream takes apart;
 * - in which order the namespaces of a connection are joined, if some are recovered: clients come back to one at a time.
 */

/** Changes our server before a program runs. */
export type Plant = (io: Server) => void;

/** Runs a program against the servers of both makers, and throws if anybody could tell them apart. */
export async function compare(program: Program, plant?: Plant): Promise<void> {
  const [ours, upstream] = CELLS as readonly [Cell, Cell];
  const actual = await seen(ours, program, plant);
  const expected = await seen(upstream, program);
  for (const [at, step] of expected.entries()) {
    assert.deepEqual(actual[at], step, `ours is actual, upstream's is expected; ${nameOf(at, program)}`);
  }
}

async function seen(cell: Cell, program: Program, plant: Plant = () => {}): Promise<string[][]> {
  let steps: string[][] = [];
  await Stage.run(cell, async (stage) => {
    steps = await World.run(stage, program, plant);
  });
  return steps;
}

function nameOf(at: number, { steps }: Program): string {
  if (at === 0) return "before the first step";
  return at > steps.length ? "as the server closes" : `step ${at}`;
}
