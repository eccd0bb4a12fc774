import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { leftBehind, soak } from "./soak.ts";

/* `npm run soak` does the same for longer. */

const { SOAK_SEED = String(randomInt(2 ** 31)) } = process.env;
const CLIENTS = 2000;

test(`a server that ${CLIENTS} clients have come to and gone from is as it was, seed ${SOAK_SEED}`, async () => {
  const report = await soak({ seconds: 60, clients: CLIENTS, seed: Number(SOAK_SEED) });
  // How many get through, and how often, depends on the machine.
  assert.ok(report.connections >= CLIENTS / 10, `${report.connections} sockets have connected`);
  assert.deepEqual(leftBehind(report), []);
});
