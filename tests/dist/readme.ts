import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { root } from "../../tools/setup.mjs";
import { freePort } from "../support/free-port.ts";
import { consumer } from "./consumer.ts";
import { compileText } from "./compiler.ts";

const README = readFileSync(join(root, "README.md"), "utf8");

describe("the README's quick start, in an application that installed the tarballs", () => {
  test("server and client in JavaScript talk to each other", async (t) => {
    const app = await consumer();
    const [server, client] = blocks("js");
    const port = await freePort();
    const onPort = (code: string): string => code.replaceAll("3000", String(port));
    // It says nothing when it is ready; the client tries again until it is.
    start(t, app.write("readme/server.cjs", onPort(server!)));
    const output = start(t, app.write("readme/client.mjs", onPort(client!)));
    await output.until("delivered");
    assert.match(output.text, /^connected as [\w-]{20}$/m);
    assert.match(output.text, /^hello$/m);
  });

  test("the TypeScript compiles, and its events are types", async () => {
    const app = await consumer();
    const [code] = blocks("ts");
    assert.equal(await compileText(app.folder, code!), "");
    assert.match(await compileText(app.folder, `${code}\nclient.emit("massage", "hello", () => {});\n`), /massage/);
  });
});

function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);
}

/** A program that runs until the test is over. */
function start(t: TestContext, path: string): { readonly text: string; until(line: string): Promise<void> } {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [path], { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const output = {
    text: "",
    until: (line: string) =>
      new Promise<void>((resolve, reject) => {
        child.stdout.on("data", () => output.text.includes(`${line}\n`) && resolve());
        child.on("close", () => reject(new Error(`${path} ended without "${line}": ${output.text}`)));
      }),
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output.text += chunk));
  return output;
}
