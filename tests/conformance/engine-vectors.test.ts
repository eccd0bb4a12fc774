import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test, type TestContext } from "node:test";
import { BEHAVIOURS } from "./engine-vectors/files.ts";
import type { Behaviour } from "./engine-vectors/scenario.ts";
import { IMPLEMENTATIONS, Stage } from "./engine-vectors/stage.ts";
import { readVectors, type Vector } from "./vectors/files.ts";

const deviations = JSON.parse(readFileSync(new URL("../vectors-deviations.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, string>
>;

/** Times and remarks; and `uncaught`, since an error that nobody catches ends this process. */
const NOT_COMPARED = new Set(["name", "note", "ms", "uncaught"]);

describe("recorded behaviour of an engine", () => {
  for (const [file, behaviour] of Object.entries(BEHAVIOURS)) {
    const { vectors } = readVectors(file);
    const listed = deviations[file] ?? {};
    for (const [implementation, Server] of Object.entries(IMPLEMENTATIONS)) {
      test(`${file}: ${implementation} does what was recorded`, { timeout: 60_000 }, async (t) => {
        // Upstream waits half a minute for polls that never come.
        if (implementation === "upstream") unrefTimers(t);
        const faults: string[] = [];
        for (const vector of vectors) {
          const fault = await faultOf(vector, behaviour, Server);
          // What is listed deviates from upstream, which itself does not.
          const mayDeviate = implementation === "ours" && vector.name in listed;
          if (mayDeviate && fault === null)
            faults.push(`${vector.name}: is listed as a deviation but is none any more`);
          if (!mayDeviate && fault !== null) faults.push(`${vector.name}: ${fault}`);
        }
        const good = vectors.length - faults.length;
        const note = implementation === "ours" ? `, ${Object.keys(listed).length} of them deviating as listed` : "";
        console.log(`${file} (${implementation}): ${good} of ${vectors.length}${note}`);
        assert.equal(faults.join("\n"), "");
      });
    }
  }
});

/** Timers that are set during a test do not keep the process from ending. */
function unrefTimers(t: TestContext): void {
  const { setTimeout: set } = globalThis;
  const setUnref = (...args: Parameters<typeof setTimeout>): NodeJS.Timeout => set(...args).unref();
  t.mock.method(globalThis, "setTimeout", setUnref);
}

async function faultOf(
  vector: Vector,
  behaviour: Behaviour,
  Server: (typeof IMPLEMENTATIONS)[string],
): Promise<string | null> {
  const scenario = behaviour.scenarios.find(([pattern]) => pattern.test(vector.name))?.[1];
  if (scenario === undefined) return "no scenario";
  const stage = await Stage.open(Server, behaviour, scenario);
  try {
    const observed = await scenario.run(stage, vector);
    const expected = Object.fromEntries(Object.entries(vector).filter(([field]) => !NOT_COMPARED.has(field)));
    assert.deepEqual(normalised(observed), normalised(expected));
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    stage.close();
  }
}

/** Ids and dates differ from run to run; how a body ended and whether frames are compressed, the records say of each. */
function normalised(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/((?:sid|io|sess)\W+)[\w-]{20}(?![\w-])/g, "$1<id>")
    .replaceAll(/Date: [^\\]*/g, "Date: <date>");
  return JSON.parse(text, (_, member: unknown) => {
    if (typeof member === "object" && member !== null) {
      if ("rsv1" in member) delete member.rsv1;
      if ("why" in member) delete member.why;
    }
    return member;
  });
}
