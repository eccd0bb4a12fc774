/** The list of RFC 6455 by clients that are no bytes: what a library can be made to say, and what it is told. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { WebSocket } from "ws";
import { BINDINGS, serveEndpoints } from "../support/websocket-bindings.ts";
import { actionsOf } from "./rfc6455/actions.ts";
import { cases } from "./rfc6455/index.ts";
import { EchoServers } from "./rfc6455/run.ts";
import { listenByBytes, serveCases, serverCases } from "./rfc6455/server-first.ts";
import { listenByWs, playByWs } from "./rfc6455/ws-client.ts";

for (const binding of BINDINGS) {
  describe(`RFC 6455, ${binding}, other clients than bytes`, () => {
    test("ws as client hears what was expected in every case that it can be made to play", async (t) => {
      const servers = new EchoServers(t, binding);
      const faults: string[] = [];
      let played = 0;
      for (const one of cases) {
        const actions = actionsOf(one);
        if (actions === null || one.delivery === "bytes") continue;
        played++;
        const lines = await playByWs(await servers.port(one.maxBytes), actions, one.delivery);
        if (JSON.stringify(lines) !== JSON.stringify(one.expected)) faults.push(describeFault(one, lines));
      }
      console.log(`RFC 6455, ${binding}, by ws: ${played - faults.length} of ${played} (of ${cases.length} by bytes)`);
      assert.deepEqual(faults, []);
      assert.ok(played >= 300, `${played}`);
    });

    for (const [client, listen] of Object.entries({ bytes: listenByBytes, ws: listenByWs })) {
      test(`what the server says first is understood by ${client}, and its answers by the server`, async (t) => {
        const server = await serveCases(t, binding, serverCases);
        const faults: string[] = [];
        for (const [at, one] of serverCases.entries()) {
          const lines = await listen(server.port);
          const heard = [...one.heard, "end"];
          const answers = await server.answers(at);
          if (JSON.stringify([lines, answers]) !== JSON.stringify([heard, one.answers]))
            faults.push(
              describeFault({ group: client, title: one.title, expected: heard }, [...lines, "|", ...answers]),
            );
        }
        console.log(
          `RFC 6455, ${binding}, server first, by ${client}: ${serverCases.length - faults.length} of ${serverCases.length}`,
        );
        assert.deepEqual(faults, []);
      });
    }

    test("ws as client is given the first sub-protocol that it offers", async (t) => {
      const { port } = await serveEndpoints(t, binding, 1000, (endpoint) => endpoint.close());
      const client = new WebSocket(`ws://127.0.0.1:${port}`, ["chat", "superchat"]);
      const closed = once(client, "close");
      await once(client, "open");
      assert.equal(client.protocol, "chat");
      await closed;
    });
  });
}

function describeFault(
  { group, title, expected }: { group: string; title: string; expected: readonly string[] },
  lines: readonly string[],
): string {
  const short = (all: readonly string[]): string =>
    all
      .map((line) => line.slice(0, 80))
      .join(", ")
      .slice(0, 400);
  return `${group} ${title}: ${short(lines)} instead of ${short(expected)}`;
}
