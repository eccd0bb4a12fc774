import assert from "node:assert/strict";
import { once } from "node:events";
import type { Member } from "../support/member.ts";

/* oxlint-disable typescript/no-explicit-any -- emitters and servers of several makes have no type in common */

/* What is to be true of emitters of all kinds. */

/** @param other in the room `b`; it is disconnected. The client of `member` stays */
export async function movesSockets(io: any, emitter: any, member: Member, other: Member): Promise<void> {
  const told = new Promise((resolve) => io.once("told", (...args: unknown[]) => resolve(args)));
  emitter.in("b").socketsJoin(["c", "d"]);
  emitter.in("b").socketsLeave("d");
  emitter.serverSideEmit("told", 1, { a: 2 });
  assert.deepEqual(await told, [1, { a: 2 }]);
  assert.deepEqual([...other.socket.rooms], [other.id, "b", "c"]);
  const left = once(other.client, "disconnect");
  emitter.in("c").disconnectSockets(true);
  assert.equal((await left)[0], "io server disconnect");
  assert.ok(member.client.connected);
}

export function refusesWhatNobodyHears(emitter: any): void {
  assert.throws(() => emitter.emit("connect"), /"connect" is a reserved event name/);
  assert.throws(() => emitter.to("room").emit("disconnect"), /"disconnect" is a reserved event name/);
  assert.throws(() => emitter.serverSideEmit("ask", () => {}), /Acknowledgements are not supported/);
}
