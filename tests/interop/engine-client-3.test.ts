import assert from "node:assert/strict";
import { type EventEmitter, once } from "node:events";
import { sep } from "node:path";
import test, { describe } from "node:test";
import { messages, stage, type TransportMode } from "./engine-3/session.js";
import {
  engineClient3Packages,
  enginePackages,
  homes,
  loadEngine,
  type LoadedPackage,
  type Maker,
} from "./implementations.js";
import { directions } from "./stage.js";

// engine.io-client 3.5 itself, towards our engine and, as the referee, towards upstream's. JSONP needs a page: it is in
// tests/browser.

/** A hung case fails instead of holding up the suite. */
const limits = { timeout: 15_000 };

/** Text and bytes that go wrong first: several UTF-8 lengths, digits and colons as in the framing, nothing. */
const TEXTS = ["plain", "é€😀", "6:4hello", "b4AQID", "\u001e\u2028\n", "2probe"];

for (const maker of ["ours", "upstream"] as const) {
  test(`engine.io-client 3 on the engine of ${maker}, by real path and version`, () => {
    loadEngine(maker);
    const server = enginePackages(maker);
    const client = engineClient3Packages();
    assertHome(server, maker);
    assertHome(client, "upstream");
    assert.deepEqual(
      client.map(({ name, version }) => [name, version]),
      [
        ["engine.io-client", "3.5.4"],
        ["engine.io-parser", "2.2.1"],
      ],
    );
    for (const { version } of server) assert.equal(/^\d+\.100\.\d+$/.test(version), maker === "ours", version);
  });

  for (const transport of ["polling", "websocket", "upgrade"] as const) {
    describe(`engine.io-client 3 on the engine of ${maker} over ${transport}`, () => {
      cases(maker, transport);
    });
  }
}

function assertHome(packages: readonly LoadedPackage[], maker: Maker): void {
  for (const { name, entry, loaded } of packages) {
    assert.ok(entry.startsWith(homes[maker] + sep), `${name} is ${entry}`);
    assert.equal(loaded, true, `${entry} is loaded`);
  }
}

function cases(maker: Maker, transport: TransportMode): void {
  const final = transport === "polling" ? "polling" : "websocket";

  test("both ends know the session by the same id, revision and transport", limits, async (t) => {
    const { pair } = await stage(t, maker, transport);
    const { client, server } = await pair();
    assert.equal(client.id, (server as unknown as { id: string }).id);
    assert.equal(server.protocol, 3);
    assert.deepEqual([client.transport.name, server.transport.name], [final, final]);
    assert.equal(server.request.url?.includes("EIO=3"), true);
  });

  for (const forceBase64 of [false, true]) {
    test(`text and bytes arrive in order, both ways${forceBase64 ? ", with forceBase64" : ""}`, limits, async (t) => {
      const { pair } = await stage(t, maker, transport);
      const { client, server } = await pair({ forceBase64 });
      const sent = [
        ...TEXTS,
        Buffer.from([0, 1, 127, 128, 255]),
        "after",
        new Uint8Array([4, 5]).buffer,
        Buffer.alloc(0),
      ];
      const expected = [...TEXTS, "<00017f80ff>", "after", "<0405>", "<>"];
      for (const [from, to] of directions(client, server)) {
        const arrival = messages(to, expected.length);
        for (const message of sent) from.send(message);
        assert.deepEqual(await arrival, expected);
      }
    });
  }

  test("half a megabyte of text and of bytes passes, both ways", limits, async (t) => {
    const { pair } = await stage(t, maker, transport);
    const { client, server } = await pair();
    const text = "é".repeat(250_000);
    const bytes = Buffer.alloc(500_000, 7);
    for (const [from, to] of directions(client, server)) {
      const arrival = messages(to, 2);
      from.send(text);
      from.send(bytes);
      const [first, second] = await arrival;
      assert.equal(first === text, true);
      assert.equal(second === `<${bytes.toString("hex")}>`, true);
    }
  });

  test("messages cross the opening and the upgrade without loss, both ways", limits, async (t) => {
    const at = await stage(t, maker, transport);
    const count = 200;
    const numbers = Array.from({ length: count }, (_, n) => String(n));
    const client = at.client();
    const fromServer = messages(client, count);
    const fromClient = new Promise<string[]>((resolve) => {
      client.once("open", () => void spread(count, (n) => client.send(String(n))));
      void at.connection.then((server) => {
        void messages(server, count).then(resolve);
        void spread(count, (n) => server.send(String(n)));
      });
    });
    assert.deepEqual(await fromServer, numbers);
    assert.deepEqual(await fromClient, numbers);
  });

  test("pings are answered, and keep the session beyond its patience", limits, async (t) => {
    const { pair } = await stage(t, maker, transport, { pingInterval: 30, pingTimeout: 3000 });
    const { client, server } = await pair();
    for (let n = 0; n < 3; n++) await once(client, "pong");
    assert.deepEqual([client.readyState, server.readyState], ["open", "open"]);
  });

  // Upstream's heartbeat towards revision 3 ends with the upgrade (protocols.md 9.2, 1).
  if (maker === "ours" || transport !== "upgrade") {
    test("a link that falls silent is given up by both ends with a ping timeout", limits, async (t) => {
      const { pair, proxy } = await stage(t, maker, transport, { pingInterval: 100, pingTimeout: 100 });
      const { client, server } = await pair();
      const ends = Promise.all([closed(client), closed(server)]);
      proxy.halfOpen();
      assert.deepEqual(await ends, ["ping timeout", "ping timeout"]);
    });
  }

  test("a client that closes is a transport close, and hears of a forced close", limits, async (t) => {
    const { pair } = await stage(t, maker, transport);
    const { client, server } = await pair();
    const ends = Promise.all([closed(client), closed(server)]);
    client.close();
    assert.deepEqual(await ends, ["forced close", "transport close"]);
  });

  test("a server that closes is heard by the client, after what was sent before", limits, async (t) => {
    const { pair } = await stage(t, maker, transport);
    const { client, server } = await pair();
    const arrival = messages(client, 2);
    const ends = Promise.all([closed(client), closed(server)]);
    server.send("last words");
    server.send(Buffer.from([9]));
    server.close();
    assert.deepEqual(await arrival, ["last words", "<09>"]);
    const [lost, gone] = await ends;
    assert.equal(lost, "transport close");
    // Over polling the client's own goodbye may come first.
    assert.match(gone, transport === "polling" ? /^(forced|transport) close$/ : /^forced close$/);
  });

  if (transport !== "polling") {
    test("a connection that is cut is a transport close on both sides", limits, async (t) => {
      const { pair, proxy } = await stage(t, maker, transport);
      const { client, server } = await pair();
      const ends = Promise.all([closed(client), closed(server)]);
      proxy.cut();
      assert.deepEqual(await ends, ["transport close", "transport close"]);
    });
  }

  test("a message above maxHttpBufferSize ends the connection", limits, async (t) => {
    const { pair } = await stage(t, maker, transport, { maxHttpBufferSize: 1000 });
    const { client, server } = await pair();
    server.on("message", () => assert.fail("it was delivered"));
    const lost = closed(client);
    client.send("x".repeat(1001));
    assert.match(await lost, /^transport (error|close)$/);
  });

  test("without allowEIO3 the client gets an error, the server a refusal with code 5", limits, async (t) => {
    const { client, refusals } = await stage(t, maker, transport, { allowEIO3: false });
    const [error] = (await once(client(), "error")) as [Error & { type?: string }];
    assert.equal(error.message, transport === "websocket" ? "websocket error" : "xhr poll error");
    assert.equal(error.type, "TransportError");
    assert.deepEqual(refusals, [[5, "Unsupported protocol version"]]);
  });
}

/** The reason of the end. Not by `once` of Node, which would throw the error that comes before it. */
function closed(end: EventEmitter): Promise<string> {
  return new Promise((resolve) => end.on("close", resolve));
}

/** Calls once per number, a few in each turn of the event loop, so that they spread over an upgrade. */
async function spread(count: number, send: (n: number) => void): Promise<void> {
  for (let n = 0; n < count; n++) {
    send(n);
    if (n % 4 === 3) await new Promise(setImmediate);
  }
}
