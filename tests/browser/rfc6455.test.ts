/** The list of RFC 6455 as far as a page can play it: Chromium's WebSocket against both ways in which we serve one. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { actionsOf, browserCan } from "../conformance/rfc6455/actions.ts";
import { cases } from "../conformance/rfc6455/index.ts";
import { pageListening, pagePlay, type PagePlay, playInPage } from "../conformance/rfc6455/page-client.ts";
import { EchoServers } from "../conformance/rfc6455/run.ts";
import { serveCases, serverCases } from "../conformance/rfc6455/server-first.ts";
import { listen } from "../support/listening.ts";
import { BINDINGS, serveEndpoints } from "../support/websocket-bindings.ts";
import { browserTest } from "./support/chromium.js";

/** What differs from it in how it is written is the same conversation in a browser. */
const playable = cases.filter((one) => {
  const actions = actionsOf(one);
  return one.delivery === "at once" && actions !== null && browserCan(actions);
});

browserTest("Chromium plays every case of RFC 6455 that a page can express", async ({ open, t }) => {
  const http = createServer((_req, res) =>
    res.setHeader("content-type", "text/html").end("<!doctype html><title>x</title>"),
  );
  t.after(() => http.close());
  const port = await listen(http);
  const page = await open(`http://127.0.0.1:${port}/`);

  assert.ok(playable.length >= 90, `${playable.length}`);
  for (const binding of BINDINGS) {
    const servers = new EchoServers(t, binding);
    const plays: PagePlay[] = [];
    for (const one of playable) plays.push(pagePlay(await servers.port(one.maxBytes), actionsOf(one)!, one));
    const seen = await page.evaluate(playInPage, plays);
    const expected = playable.map(({ expected: lines }) => lines);
    assert.deepEqual(named(playable, seen), named(playable, expected));

    const speaking = await serveCases(t, binding, serverCases);
    const heard = await page.evaluate(
      playInPage,
      serverCases.map(() => pageListening(speaking.port)),
    );
    // Pages are told of no pings and pongs.
    const toHear = serverCases.map((one) => [...one.heard.filter((line) => !/^p[io]ng/.test(line)), "end"]);
    assert.deepEqual(named(serverCases, heard), named(serverCases, toHear));
    const answers = await Promise.all(serverCases.map((_, at) => speaking.answers(at)));
    assert.deepEqual(
      named(serverCases, answers),
      named(
        serverCases,
        serverCases.map((one) => one.answers),
      ),
    );
    const count = `${playable.length} (of ${cases.length} by bytes), and ${serverCases.length} in which the server speaks`;
    console.log(`RFC 6455, ${binding}, by Chromium: ${count}`);

    const { port } = await serveEndpoints(t, binding, 1000, (endpoint) => endpoint.close());
    const protocol = await page.evaluate(async (at) => {
      const socket = new WebSocket(`ws://127.0.0.1:${at}`, ["chat", "superchat"]);
      return new Promise((resolve) => socket.addEventListener("close", () => resolve(socket.protocol)));
    }, port);
    assert.equal(protocol, "chat");
  }
});

/** Lines by the title of their case; long ones shortened, so that a difference can be read. */
function named(
  list: readonly { readonly title: string }[],
  lines: readonly (readonly string[])[],
): Record<string, string> {
  const short = (line: string): string => (line.length > 100 ? `${line.slice(0, 60)}… ${line.length}` : line);
  return Object.fromEntries(list.map(({ title }, at) => [`${at} ${title}`, lines[at]!.map(short).join(", ")]));
}
