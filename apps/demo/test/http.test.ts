import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import { listen } from "../listen.js";
import { servePage } from "../page.js";

function serverFor(t: TestContext): Server {
  const server = createServer((req, res) => void servePage(req, res));
  t.after(() => server.close());
  return server;
}

/** The path as it stands: fetch would tidy it up. */
async function get(server: Server, path: string): Promise<{ status: number; type: string; body: string }> {
  const asked = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", path, agent: false }).end();
  const [response] = await once(asked, "response");
  let body = "";
  for await (const part of response) body += String(part);
  return { status: response.statusCode, type: response.headers["content-type"], body };
}

test("without a wish for a port, a second server takes the next free one", async (t) => {
  const first = await listen(serverFor(t), "127.0.0.1", undefined);
  const second = await listen(serverFor(t), "127.0.0.1", undefined);
  assert.ok(first >= 3000 && second > first, `${first}, ${second}`);
});

test("a port that was asked for and is taken is an error, not another port", async (t) => {
  const port = await listen(serverFor(t), "127.0.0.1", 0);
  await assert.rejects(listen(serverFor(t), "127.0.0.1", port), { code: "EADDRINUSE" });
});

test("serves the files of the page and nothing beside them", async (t) => {
  const server = serverFor(t);
  await listen(server, "127.0.0.1", 0);
  const page = await get(server, "/?from=somewhere");
  assert.equal(page.status, 200);
  assert.equal(page.type, "text/html; charset=utf-8");
  assert.match(page.body, /<script type="module" src="\/chat.js">/);
  assert.equal((await get(server, "/rules.js")).type, "text/javascript; charset=utf-8");
  for (const path of [
    "/server.ts",
    "/../server.ts",
    "/..%2fserver.ts",
    "/rules.d.ts",
    "/__proto__",
    "//",
    "/%",
    "/chat.js/",
  ]) {
    assert.equal((await get(server, path)).status, 404, path);
  }
});
