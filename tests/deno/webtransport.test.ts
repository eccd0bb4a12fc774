import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { browserTest } from "../browser/support/chromium.js";
import { makeCertificate, type Certificate } from "../support/certificate.ts";
import { runtime } from "../support/runtimes.ts";
import { converse, type Conversation } from "./converse.ts";
import { DenoProgram } from "./program.ts";

const deno = runtime("deno");

/** What a client says of it, whichever way it came. */
const ECHO = { bytes: 70_000, isSame: true };
const END = ["words: good bye", "disconnect: io server disconnect"];

/** WebTransport over QUIC: our server in Deno, with our client in Deno and in Chromium. */
describe("webtransport over HTTP/3", { skip: deno.skip, timeout: 120_000 }, () => {
  let certificate: Certificate;
  let server: DenoProgram;
  let port: number;

  before(async () => {
    certificate = makeCertificate();
    server = new DenoProgram(deno.path, "./server.mts", [certificate.certFile, certificate.keyFile]);
    port = (await server.next())["port"] as number;
  });
  after(async () => {
    await server.stop();
    certificate.remove();
  });
  afterEach(() => assert.equal(server.complaints, ""));

  /** What the server tells of two connections: one that it ended itself, one that the client ended after its last words. */
  async function assertServerSaw(transports: readonly string[]): Promise<void> {
    const [first, ...upgrades] = transports;
    const last = transports.at(-1);
    assert.deepEqual(await server.next(), opened(first!));
    for (const transport of upgrades) assert.deepEqual(await server.next(), { event: "upgrade", transport });
    assert.deepEqual(await server.next(), { event: "disconnect", reason: "server namespace disconnect" });
    assert.deepEqual(await server.next(), opened(last!));
    assert.deepEqual(await server.next(), { event: "words", words: "good bye" });
    assert.deepEqual(await server.next(), { event: "disconnect", reason: "client namespace disconnect" });
  }

  for (const transports of [["webtransport"], ["polling", "webtransport"]]) {
    const way = transports.join(", then ");

    test(`Deno: ${way}: 70 kB are echoed, and what was said last arrives before the end, both ways`, async (t) => {
      const client = new DenoProgram(deno.path, "./client.mts", [String(port), certificate.hash, ...transports]);
      t.after(() => client.stop());
      const seen = await client.next();
      assert.equal(await client.ended(), 0);
      assert.deepEqual(seen, { transports, echo: ECHO, end: END });
      await assertServerSaw(transports);
    });

    browserTest(
      `Chromium: ${way}: 70 kB are echoed, and what was said last arrives before the end, both ways`,
      async ({ open }) => {
        const page = await open(`http://127.0.0.1:${port}/`);
        // The same program as in Deno, as source code: a page can't import it.
        await page.addScriptTag({ content: `globalThis.converse = ${converse.toString()}` });
        const seen = await page.evaluate(
          async ({ names, hash }): Promise<Conversation> => {
            const { io } = (await import(`${location.origin}/socket.io/socket.io.esm.min.js`)) as { io: never };
            const value = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));
            const page = globalThis as unknown as { converse: typeof converse };
            return page.converse(io, location.origin, names, value);
          },
          { names: transports, hash: certificate.hash },
        );
        assert.deepEqual(seen, { transports, echo: ECHO, end: END });
        await assertServerSaw(transports);
      },
    );
  }
});

/** Of the bundles those that know WebTransport: the one above, and these. */
const SCRIPTS = ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js"];

for (const script of SCRIPTS) {
  describe(`${script} over HTTP/3`, { skip: deno.skip, timeout: 120_000 }, () => {
    browserTest(`Chromium: ${script} by a script tag: 70 kB are echoed over webtransport`, async ({ open, t }) => {
      const certificate = makeCertificate();
      t.after(() => certificate.remove());
      const parser = script.includes(".msgpack.") ? ["msgpack"] : [];
      const server = new DenoProgram(deno.path, "./server.mts", [certificate.certFile, certificate.keyFile, ...parser]);
      t.after(() => server.stop());
      const port = (await server.next())["port"] as number;
      const page = await open(`http://127.0.0.1:${port}/`);
      await page.addScriptTag({ url: `/socket.io/${script}` });
      await page.addScriptTag({ content: `globalThis.converse = ${converse.toString()}` });
      const seen = await page.evaluate(async (hash): Promise<Conversation> => {
        const value = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));
        const page = globalThis as unknown as { io: never; converse: typeof converse };
        return page.converse(page.io, location.origin, ["webtransport"], value);
      }, certificate.hash);
      assert.deepEqual(seen, { transports: ["webtransport"], echo: ECHO, end: END });
      assert.equal(server.complaints, "");
    });
  });
}

/** The engine's middleware saw each, and notes the transport that the request asked for. */
function opened(transport: string): object {
  return { event: "connection", transport, secure: transport === "webtransport", seen: transport };
}
