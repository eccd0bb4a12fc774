import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BINDINGS, type Accept } from "../support/websocket-bindings.ts";
import { cases } from "./rfc6455/index.ts";
import { EchoServers } from "./rfc6455/run.ts";

for (const binding of BINDINGS) {
  describe(`RFC 6455, ${binding}`, () => {
    for (const one of cases) {
      test(`${one.group}: ${one.title}`, async (t) => {
        const { exception, expected } = one;
        assert.deepEqual(
          await new EchoServers(t, binding).answers(one),
          exception?.binding === binding ? exception.expected : expected,
        );
      });
    }
  });
}

test("there are at least 250 cases, and no two have the same name", () => {
  assert.ok(cases.length >= 250, `${cases.length}`);
  assert.equal(new Set(cases.map(({ group, title }) => `${group} ${title}`)).size, cases.length);
});

/** Of the endpoint, and of the frames that it reads and writes. */
const SOURCES = ["engine.io", "engine.io-parser"].map((name) =>
  fileURLToPath(new URL(`../../packages/${name}/src/websocket`, import.meta.url)),
);

/** Faults planted in a copy of our endpoint, and the groups of cases that have to see them. */
const FAULTS: [name: string, file: string, from: string, to: string, groups: string[]][] = [
  ["lets RSV2 and RSV3 pass", "frames.ts", "return FAULTS.rsv23();", "first &= 0xcf;", ["3"]],
  ["takes text for granted", "frames.ts", 'if (text.includes("\\ufffd") &&', "if (bytes.length < 0 &&", ["6"]],
  ["takes any close code", "frames.ts", "&& !isCloseCode(code)", "&& code === -1", ["7"]],
  ["sends no pongs", "own-endpoint.ts", "this.sendMessage(OPCODE.pong, payload, pongs.onTaken);", "", ["2", "5"]],
  ["has no limit for fragments", "frames.ts", "fragments.bytes += end - from;", "", ["9"]],
  ["takes lengths in any form", "frames.ts", "return this.fail(FAULTS.length);", "this.#stopped = false;", ["1"]],
  ["takes messages within messages", "frames.ts", "return FAULTS.opcode(opcode);\n    }", "}", ["5"]],
];

describe("an endpoint with a planted fault fails the cases of its group, and no others", () => {
  for (const [name, file, from, to, groups] of FAULTS) {
    test(name, { timeout: 60_000 }, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "planted-"));
      t.after(() => rm(folder, { recursive: true }));
      for (const sources of SOURCES) await cp(sources, folder, { recursive: true });
      for (const copied of await readdir(folder)) {
        const text = await readFile(join(folder, copied), "utf8");
        await writeFile(join(folder, copied), text.replaceAll('"engine.io-parser/websocket"', '"./index.js"'));
      }
      await writeFile(join(folder, "package.json"), '{"type":"module"}');
      const source = await readFile(join(folder, file), "utf8");
      assert.ok(source.includes(from), `${file} no longer has ${from}`);
      await writeFile(join(folder, file), source.replace(from, to));
      const { OwnEngine } = (await import(pathToFileURL(join(folder, "own-engine.ts")).href)) as {
        OwnEngine: new (onHeaders: () => void) => { accept: Accept };
      };
      const engine = new OwnEngine(() => {});
      const servers = new EchoServers(t, (...request) => engine.accept(...request));
      const failed = new Set<string>();
      for (const one of cases) {
        const answers = await servers.answers(one);
        if (JSON.stringify(answers) !== JSON.stringify(one.expected)) failed.add(one.group);
      }
      assert.deepEqual([...failed].sort(), groups);
    });
  }
});
