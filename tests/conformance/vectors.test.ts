import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { countFault, readVectors, RECORDED, TOTAL, type Vector } from "./vectors/files.ts";
import { BEHAVIOURS } from "./engine-vectors/files.ts";
import { CLUSTER_FILES } from "./cluster-vectors/files.ts";
import { EXCHANGES } from "./server-vectors/files.ts";
import { RUNNERS, type Runner } from "./vectors/packet-level.ts";

/** By file and by name of the vector: where it is justified. */
const deviations = JSON.parse(readFileSync(new URL("../vectors-deviations.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, string>
>;

/**
 * Files that have a test of their own: engine-vectors.test.ts, server-vectors.test.ts, client-vectors.test.ts, cluster-vectors.test.ts,
 * tests/interop/transcripts.test.ts or tests/downstream.
 */
const ELSEWHERE = [
  ...[...Object.keys(BEHAVIOURS), ...Object.keys(EXCHANGES), ...CLUSTER_FILES],
  ...["socketio-client", "postgres-adapter", "admin-ui", "transcripts"],
];

const folder = new URL("../vectors/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length))
  .sort();

describe("recorded vectors", () => {
  let run = 0;
  const pending: string[] = [];

  test("all files are there, each with as many vectors as were recorded", () => {
    assert.deepEqual(names, Object.keys(RECORDED).sort());
    for (const name of names) assert.equal(countFault(readVectors(name), RECORDED[name]!), null, name);
    assert.equal(
      Object.values(RECORDED).reduce((sum, count) => sum + count, 0),
      TOTAL,
    );
  });

  test("a file that lost vectors is noticed", () => {
    const file = readVectors("engineio-v4-packet");
    const cut = file.vectors.slice(1);
    assert.equal(countFault({ ...file, vectors: cut }, 0), "holds 49 vectors of the 50 it announces");
    assert.equal(countFault({ count: 49, vectors: cut }, 50), "holds 49 vectors of the 50 recorded");
    assert.equal(countFault({ ...file, vectors: [...cut, cut[0]!] }, 50), "holds two vectors of one name");
  });

  test("every deviation names a vector and the sentence that justifies it", () => {
    for (const [name, list] of Object.entries(deviations)) {
      assert.ok(name in RUNNERS || ELSEWHERE.includes(name), `${name}: not a file that is run`);
      const vectors = new Set(readVectors(name).vectors.map((vector) => vector.name));
      for (const [vector, reason] of Object.entries(list)) {
        assert.ok(vectors.has(vector), `${name}: no vector "${vector}"`);
        assert.match(reason, /^(protocols\.md 9\.\d, \d+: |row [A-Z]-\d+: |issue ".+": )/, `${name}: ${vector}`);
      }
    }
  });

  for (const name of names) {
    const runner = RUNNERS[name];
    if (runner === undefined) {
      if (!ELSEWHERE.includes(name)) pending.push(name);
      continue;
    }
    test(`${name}: every vector gives what upstream gave`, async () => {
      const { vectors } = readVectors(name);
      const faults: string[] = [];
      const notes = { refused: 0, deviating: 0 };
      for (const vector of vectors) {
        const verdict = await judge(vector, runner, deviations[name]?.[vector.name] !== undefined);
        if (verdict === "refused" || verdict === "deviating") notes[verdict]++;
        else if (verdict !== "as recorded") faults.push(`${vector.name}: ${verdict}`);
      }
      const good = vectors.length - faults.length;
      run += good;
      console.log(`${name}: ${good} of ${vectors.length}${describeNotes(notes)}`);
      assert.equal(faults.join("\n"), "");
    });
  }

  after(() => {
    const left = pending.reduce((sum, name) => sum + readVectors(name).vectors.length, 0);
    const elsewhere = ELSEWHERE.reduce((sum, name) => sum + RECORDED[name]!, 0);
    console.log(`vectors: ${run} run and good, ${elsewhere} in tests of their own, ${left} pending, of ${TOTAL}`);
    console.log(`pending until their issues: ${pending.map((name) => `${name} (${RECORDED[name]})`).join(", ")}`);
  });
});

/** "as recorded", "refused" (and allowed to), "deviating" (and listed), or what is wrong. */
async function judge(vector: Vector, runner: Runner, isListed: boolean): Promise<string> {
  let outcome: string;
  try {
    outcome = await runner(vector);
  } catch (error) {
    outcome = (error as Error).message;
  }
  if (outcome === "as recorded") return isListed ? "is listed as a deviation but is none any more" : outcome;
  if (isListed) return "deviating";
  if (outcome === "refused" && vector.mayReject !== true) return "refused, though it must be accepted";
  return outcome;
}

function describeNotes(notes: { refused: number; deviating: number }): string {
  const parts: string[] = [];
  if (notes.refused > 0) parts.push(`${notes.refused} refused where that is allowed`);
  if (notes.deviating > 0) parts.push(`${notes.deviating} as listed in vectors-deviations.json`);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}
