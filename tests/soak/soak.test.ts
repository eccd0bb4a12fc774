import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { leftBehind, soak } from "./soak.ts";

/* `npm run soak` does the same with more clients, for longer. */

const { SOAK_SEED = String(randomInt(2 ** 31)) } = process.env;
const CLIENTS = 400;

test(`a server that ${CLIENTS} clients have come to and gone from is as it was, seed ${SOAK_SEED}`, async () => {
  const report = await soak({ seconds: 20, clients: CLIENTS, seed: Number(SOAK_SEED) });
  assert.ok(report.connections >= CLIENTS, `${report.connections} sockets have connected`);
  assert.deepEqual(leftBehind(report), []);
});
