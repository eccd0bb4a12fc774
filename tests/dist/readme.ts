import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { packages } from "../../tools/packages.ts";
import { root } from "../../tools/setup.mjs";
import { freePort } from "../support/free-port.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { consumer } from "./consumer.ts";
import { compileText } from "./compiler.ts";

/** Servers and the clients that talk to them, and what the clients print. */
const PAIRS = [
  ["engine.io", "engine.io-client", "hello"],
  ["socket.io", "socket.io-client", "delivered"],
] as const;

/** Examples that need nothing else, and what they print. */
const ALONE = {
  "engine.io-parser": "[ { type: 'message', data: 'hello' }, { type: 'ping' } ]",
  "socket.io-parser": "/ [ 'picture', <Buffer 01 02 03> ]",
  "socket.io-adapter": "1",
  "socket.io-msgpack-parser": "connected",
} as const;

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

describe("the example of each package's README, in that application", { timeout: 120_000 }, () => {
  test("there is one in every package", () => {
    const run = [...PAIRS.flatMap(([server, client]) => [server, client]), ...Object.keys(ALONE), "socket.io-redis"];
    assert.deepEqual(run.toSorted(), packages.map(({ name }) => name).toSorted());
  });

  for (const [server, client, line] of PAIRS) {
    test(`${server} and ${client} talk to each other`, async (t) => {
      const app = await consumer();
      const port = await freePort();
      start(t, app.write(`readme/${server}.cjs`, example(server, port)));
      await until(() => isListening(port));
      await start(t, app.write(`readme/${client}.mjs`, example(client, port))).until(line);
    });
  }

  for (const [name, line] of Object.entries(ALONE)) {
    test(`${name} does what it says`, async (t) => {
      const app = await consumer();
      await start(t, app.write(`readme/${name}.cjs`, example(name, await freePort()))).until(line);
    });
  }

  test("socket.io-redis finds its server", { skip: withoutRedis }, async (t) => {
    const app = await consumer();
    const redis = await RedisServer.start();
    t.after(() => redis.stop());
    const code = example("socket.io-redis", await freePort()).replace("new Redis()", `new Redis(${redis.port})`);
    const counting =
      'const { adapter } = io.of("/");\nadapter.init().then(() => adapter.serverCount()).then((count) => console.log("servers:", count));';
    // The client of Redis is the application's own.
    const env = { NODE_PATH: join(root, "node_modules") };
    await start(t, app.write("readme/socket.io-redis.cjs", code + counting), env).until("servers: 1");
  });
});

function blocks(language: string, file = "README.md"): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);
}

function example(name: string, port: number): string {
  const [code = ""] = blocks("js", `packages/${name}/README.md`);
  return code.replaceAll("3000", String(port));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, "localhost", () => resolve(true));
    probe.on("error", () => resolve(false)).on("connect", () => probe.destroy());
  });
}

/** A program that runs until the test is over. */
function start(
  t: TestContext,
  path: string,
  added: NodeJS.ProcessEnv = {},
): { readonly text: string; until(line: string): Promise<void> } {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [path], { env: { ...env, ...added }, stdio: ["ignore", "pipe", "inherit"] });
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
