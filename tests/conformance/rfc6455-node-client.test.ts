/** The list of RFC 6455 the other way round: what a server may say to our client in Node, which sends every message back. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { PlainWebSocket } from "../../packages/engine.io-client/build/cjs/transports/node-websocket/plain-websocket.js";
import { agreement, ByteServer } from "../support/byte-server.ts";
import { fromOtherSide } from "../support/raw-frames.ts";
import type { Case } from "./rfc6455/case.ts";
import { cases } from "./rfc6455/index.ts";

/** What the client says in one case. */
async function answers(server: ByteServer, { frames, delivery, maxBytes }: Case): Promise<readonly string[]> {
  const client = new PlainWebSocket(new URL(`ws://127.0.0.1:${server.port}/`), {
    headers: {},
    protocols: [],
    offersDeflate: false,
    maxPayload: maxBytes,
    connect: {},
    onAgreement: () => {},
    onExtensions: () => assert.fail("no extensions"),
  });
  // It has these properties alone.
  /* oxlint-disable unicorn/prefer-add-event-listener */
  client.onmessage = ({ data }) => client.send(data);
  const closed = new Promise((resolve) => (client.onclose = resolve));
  const connection = await server.request();
  const sent = fromOtherSide(Buffer.concat(frames));
  const agreed = agreement(connection.key);
  // All that a server has to say may come together with its answer.
  if (delivery === "at once") connection.send(agreed, sent);
  else {
    connection.send(agreed);
    const single = [...sent].map((byte) => Buffer.from([byte]));
    for (const part of delivery === "frames" ? frames.map(fromOtherSide) : single) {
      connection.send(part);
      // Lets it leave alone.
      await new Promise(setImmediate);
    }
  }
  const lines = await connection.ended();
  await closed;
  return lines;
}

async function faultsIn(t: TestContext, group: string): Promise<string[]> {
  const server = await ByteServer.start(t);
  const faults: string[] = [];
  const chosen = cases.filter((one) => one.group === group);
  assert.ok(chosen.length >= 10);
  for (const one of chosen) {
    const lines = await answers(server, one);
    if (JSON.stringify(lines) !== JSON.stringify(one.expected)) {
      faults.push(`${one.title}: ${short(lines)} in place of ${short(one.expected)}`);
    }
  }
  return faults;
}

function short(lines: readonly string[]): string {
  return lines.map((line) => line.slice(0, 40)).join(", ");
}

describe("RFC 6455, our client in Node", { timeout: 60_000 }, () => {
  for (const group of new Set(cases.map((one) => one.group))) {
    test(`answers a server as expected in all cases of group ${group}`, async (t) => {
      assert.deepEqual(await faultsIn(t, group), []);
    });
  }
});
