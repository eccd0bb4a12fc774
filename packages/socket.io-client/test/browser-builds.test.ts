import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** What a program prints that requires modules under a condition of `exports`. */
function underCondition(condition: string, program: string): unknown {
  const args = ["--conditions", condition, "--eval", `console.log(JSON.stringify((() => { ${program} })()))`];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }));
}

for (const condition of ["browser", "react-native"]) {
  test(`required under the condition ${condition}, the module is CommonJS, and so is all that it loads, of the browsers' halves`, () => {
    const names = `[require("socket.io-client"), require("socket.io-client/debug"), require("socket.io-client/websocket")].map(Object.keys)`;
    const io = ["Manager", "Socket", "io", "connect"];
    assert.deepEqual(underCondition(condition, `return ${names};`), [
      io,
      io,
      ["Manager", "Socket", "connect", "io", "protocol"],
    ]);
    const loaded = underCondition(condition, `${names}; return Object.keys(require.cache);`) as string[];
    assert.ok(loaded.length > 30);
    for (const file of loaded) assert.match(file, /[\\/]build[\\/]cjs-browser[\\/]/);
  });
}

/** What the console of a page is told while a module loads and makes a Socket. */
function logsOf(file: string, debug: string | null): string[] {
  const program = `
    const logs = [];
    console.debug = (format) => logs.push(format);
    globalThis.localStorage = { getItem: (key) => (key === "debug" ? ${JSON.stringify(debug)} : null) };
    const { default: io } = await import(${JSON.stringify(pathToFileURL(join(folder, file)).href)});
    io("http://localhost:1/a", { autoConnect: false });
    console.log(JSON.stringify(logs));`;
  const args = ["--input-type=module", "--eval", program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as string[];
}

// The second is what `socket.io-client/debug` is to bundlers.
for (const file of ["dist/socket.io.js", "build/esm-debug/index.js"]) {
  test(`${file} logs what localStorage.debug asks for, and nothing else`, () => {
    const line = "socket.io-client %s connection for %s";
    for (const wanted of ["socket.io-client", "other, socket.io-client*", "*"])
      assert.deepEqual(logsOf(file, wanted), [line]);
    for (const silent of [null, "", "other", "*,-socket.io-client*"]) assert.deepEqual(logsOf(file, silent), []);
  });
}

test("the modules that bundlers take by default have no logs in them", () => {
  assert.deepEqual(logsOf("build/esm/index.js", "*"), []);
});
