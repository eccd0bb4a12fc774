import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import test from "node:test";
import { fileURLToPath } from "node:url";

/** What is said under each name, with DEBUG set. The names of the API reference, section 16. */
const SAID: Readonly<Record<string, RegExp>> = {
  "socket.io:server": /attaching to path \/socket\.io/,
  "socket.io:client": /asks for namespace \//,
  "socket.io:socket": /socket [\w-]{20} closed: transport close/,
  "socket.io:namespace": /socket [\w-]{20} joins \/dynamic-1/,
  "socket.io:parent-namespace": /creating child namespace \/dynamic-1/,
  "socket.io:broadcast-operator": /secret news to rooms Set\(1\) \{ 'room' \}/,
  "socket.io-parser": /decoded .*secret question/,
  engine: /new session over polling/,
  "engine:socket": /may move from polling to websocket/,
  "engine:transport": /websocket of [\w-]{20} is closed/,
  "engine:polling": /a POST of [\w-]{20} brings \d+ bytes/,
  "engine:ws": /WebSocket of [\w-]{20} is closed/,
  "engine:webtransport": /a stream is open/,
  "engine:uws": /serving path \/socket\.io\/ of an app/,
};

async function said(names: string): Promise<string[]> {
  const script = fileURLToPath(new URL("support/debug-child.mts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script], {
    env: { ...process.env, DEBUG: names, DEBUG_COLORS: "no", DEBUG_HIDE_DATE: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.equal(code, 0, output);
  return output.split("\n").filter((line) => line !== "");
}

test("DEBUG=socket.io*,engine* says under each of the known names what goes on", async () => {
  const lines = await said("socket.io*,engine*");
  for (const [name, pattern] of Object.entries(SAID)) {
    const own = lines.filter((line) => line.startsWith(`${name} `));
    assert.ok(
      own.some((line) => pattern.test(line)),
      `${name}: ${own.slice(0, 20).join("\n")}`,
    );
  }
});

test("what clients say is told by the parser alone, and nothing without DEBUG", async () => {
  const lines = await said("*,-socket.io-parser");
  assert.deepEqual(
    lines.filter((line) => line.includes("secret question")),
    [],
  );
  assert.deepEqual(await said(""), []);
});
