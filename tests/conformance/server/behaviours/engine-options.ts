import assert from "node:assert/strict";
import { connect } from "node:net";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { Server, ServerOptions } from "socket.io";
import { RawWebSocket, tcp, tcpAnswer, type HttpAnswer, type RawPolling } from "../../../support/raw-peer.ts";
import { WebSocketServer } from "ws";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import type { Behaviours } from "../behaviour.ts";
import type { Peer } from "../peer.ts";
import { insides, type Stage } from "../stage.ts";

/** A server may look at its sessions a little later than they are due: by this part of the delay. */
const LATE = 1 / 20;

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

/** Options that the server passes on to its engine. */
export const engineOptions: Behaviours = {
  "pingInterval and pingTimeout are 25 s and 20 s by default, and announced": async (stage) => {
    await stage.serve();
    const defaults = (await stage.peer()).opened as unknown as Record<string, unknown>;
    assert.deepEqual([defaults["pingInterval"], defaults["pingTimeout"]], [25_000, 20_000]);
    await stage.serve({ pingInterval: 300, pingTimeout: 200 });
    const given = (await stage.peer()).opened as unknown as Record<string, unknown>;
    assert.deepEqual([given["pingInterval"], given["pingTimeout"]], [300, 200]);
  },

  "pingInterval: a ping comes after each, as long as it is answered": async (stage) => {
    const io = await stage.serve({ pingInterval: 300, pingTimeout: 200 });
    const { peer } = await stage.join(io);
    for (let beat = 0; beat < 3; beat++) {
      stage.clock.advance(299);
      assert.deepEqual(await rawSofar(peer), []);
      stage.clock.advance(1 + LATE * 300);
      assert.deepEqual(await peer.raw.receive(1), ["2"]);
      peer.raw.send("3");
      await rawSofar(peer);
    }
  },

  "pingTimeout: a socket whose client does not answer a ping is disconnected with 'ping timeout'": async (stage) => {
    const io = await stage.serve({ pingInterval: 300, pingTimeout: 200 });
    const { socket, peer } = await stage.join(io);
    const reasons: unknown[] = [];
    socket.on("disconnect", (reason) => reasons.push(reason));
    stage.clock.advance(300 + LATE * 300);
    assert.deepEqual(await peer.raw.receive(1), ["2"]);
    stage.clock.advance(199 - LATE * 300);
    assert.deepEqual(reasons, []);
    stage.clock.advance(1 + 2 * LATE * 300);
    assert.deepEqual(reasons, ["ping timeout"]);
  },

  "upgradeTimeout: an upgrade that is not finished by then, 10 s by default, is cancelled": async (stage) => {
    for (const [options, limit] of [
      [{}, 10_000],
      [{ upgradeTimeout: 700 }, 700],
    ] as const) {
      await stage.serve({ ...options, pingInterval: 100_000, connectTimeout: 100_000 });
      const polling = await stage.polling();
      const candidate = await rawCandidate(stage, polling);
      stage.clock.advance(limit - 1);
      await stage.quiet();
      stage.clock.advance(1 + LATE * limit);
      assert.match(String((await candidate.receive(1))[0]), /^closed/);
      // The session goes on over polling.
      await polling.post("40");
      assert.match((await polling.receive(1))[0]!, /^40\{/);
    }
  },

  "maxHttpBufferSize: 1 MB by default, announced as maxPayload": async (stage) => {
    await stage.serve();
    assert.equal((await stage.peer()).opened["maxPayload" as "sid"], 1e6 as unknown as string);
    await stage.serve({ maxHttpBufferSize: 50 });
    assert.equal((await stage.peer()).opened["maxPayload" as "sid"], 50 as unknown as string);
  },

  "maxHttpBufferSize: a larger WebSocket message ends the session with 1009, a larger body is answered 413": async (
    stage,
  ) => {
    const io = await stage.serve({ maxHttpBufferSize: 50 });
    const { peer, socket } = await stage.join(io);
    const received = stage.event(socket, "x");
    const text = "a".repeat(50 - '42["x",""]'.length);
    peer.emit("x", text);
    assert.deepEqual(await received, [text]);
    peer.emit("x", `${text}a`);
    assert.equal(await peer.next(), "closed 1009");
    const polling = await stage.polling();
    assert.equal((await polling.post("4".repeat(50))).status, 200);
    const other = await stage.polling();
    assert.equal((await other.post("4".repeat(51))).status, 413);
  },

  "allowRequest is asked about handshakes alone, over polling and WebSocket": async (stage) => {
    const asked: (string | undefined)[] = [];
    await stage.serve({
      allowRequest: (req, callback) => {
        asked.push(req.url);
        callback(null, true);
      },
    });
    const polling = await stage.polling();
    await polling.post("40");
    await polling.receive(1);
    await stage.peer();
    assert.deepEqual(asked, [HANDSHAKE, WEBSOCKET]);
  },

  "allowRequest: a refusal is a 403 over polling and a 400 over WebSocket, with its reason or Forbidden": async (
    stage,
  ) => {
    for (const [reason, message] of [
      [null, "Forbidden"],
      ["not you", "not you"],
    ] as const) {
      await stage.serve({ allowRequest: (_req, callback) => callback(reason, false) });
      const { status, body } = await stage.ask("GET", HANDSHAKE);
      assert.deepEqual([status, JSON.parse(body)], [403, { code: 4, message }]);
      const answer = await tcp(stage.port(), upgradeRequest(WEBSOCKET));
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.ok(answer.includes(message), answer);
    }
  },

  "transports: polling and websocket by default; what is left out is unknown": async (stage) => {
    await stage.serve();
    assert.equal((await stage.ask("GET", HANDSHAKE)).status, 200);
    await stage.peer();
    await stage.serve({ transports: ["websocket"] });
    assert.deepEqual(refusalOf(await stage.ask("GET", HANDSHAKE)), [400, { code: 0, message: "Transport unknown" }]);
    await stage.peer();
  },

  "transports: webtransport has to be asked for": async (stage) => {
    await stage.serve();
    assert.deepEqual(upgradesOf(await stage.ask("GET", HANDSHAKE)), ["websocket"]);
    await stage.serve({ transports: ["polling", "websocket", "webtransport"] });
    assert.deepEqual(upgradesOf(await stage.ask("GET", HANDSHAKE)), ["websocket", "webtransport"]);
    await stage.serve({ transports: ["polling", "webtransport"] });
    assert.deepEqual(upgradesOf(await stage.ask("GET", HANDSHAKE)), ["webtransport"]);
  },

  "allowUpgrades: false announces no upgrades": async (stage) => {
    await stage.serve({ allowUpgrades: false });
    assert.deepEqual(upgradesOf(await stage.ask("GET", HANDSHAKE)), []);
  },

  "perMessageDeflate is off by default; truthy, it is negotiated, with a threshold of 1,024 bytes": async (stage) => {
    const extension = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    for (const [perMessageDeflate, threshold] of [
      [undefined, undefined],
      [false, undefined],
      [true, 1024],
      [{}, 1024],
      [{ threshold: 5 }, 5],
    ] as const) {
      const io = await stage.serve(perMessageDeflate === undefined ? {} : { perMessageDeflate });
      const answer = await tcpAnswer(stage.port(), upgradeRequest(WEBSOCKET, extension));
      assert.match(answer, /^HTTP\/1\.1 101 /);
      const isNegotiated = /^sec-websocket-extensions: permessage-deflate/im.test(answer);
      assert.equal(isNegotiated, threshold !== undefined, JSON.stringify(perMessageDeflate));
      const { perMessageDeflate: merged } = insides(io.engine).opts as { perMessageDeflate: unknown };
      if (threshold !== undefined) assert.equal((merged as { threshold: number }).threshold, threshold);
      else assert.ok(!merged);
    }
  },

  "httpCompression: answers of 1,024 bytes and more are compressed, in one of the ways that the client takes": async (
    stage,
  ) => {
    for (const httpCompression of [undefined, {}, { threshold: 1024 }] as const) {
      const options = httpCompression === undefined ? {} : { httpCompression: { threshold: 1024, ...httpCompression } };
      await pollThrough(stage, options, 1022, "gzip", undefined);
      await pollThrough(stage, options, 1024, "gzip", "gzip");
      await pollThrough(stage, options, 1024, "deflate", "deflate");
      await pollThrough(stage, options, 1024, "identity", undefined);
    }
    await pollThrough(stage, { httpCompression: false }, 1024, "gzip", undefined);
    await pollThrough(stage, { httpCompression: { threshold: 5 } }, 20, "gzip", "gzip");
  },

  "httpCompression: an object without a threshold, or true, keeps that of 1,024 bytes": {
    upstreamDiffers: "Q-5",
    run: async (stage) => {
      for (const httpCompression of [true, { chunkSize: 1024 }]) {
        await pollThrough(stage, { httpCompression }, 20, "gzip", undefined);
        await pollThrough(stage, { httpCompression }, 1024, "gzip", "gzip");
      }
    },
  },

  "wsEngine: its Server is made without a server, a list of clients or options of the application": async (stage) => {
    const given: Record<string, unknown>[] = [];
    class Spying extends WebSocketServer {
      constructor(options: Record<string, unknown>) {
        given.push(options);
        super(options);
      }
    }
    const io = await stage.serve({ maxHttpBufferSize: 77, wsEngine: Spying });
    assert.equal(given.length, 1);
    const [{ perMessageDeflate, ...rest } = {}] = given;
    assert.ok(!perMessageDeflate);
    assert.deepEqual(rest, { noServer: true, clientTracking: false, maxPayload: 77 });
    await stage.join(io);
  },

  "initialPacket is the first message after the open packet": async (stage) => {
    const io = await stage.serve({ initialPacket: "hi" });
    const peer = await stage.peer();
    assert.equal(await peer.next(), "hi");
    await stage.join(io, undefined, peer);
    const [open, ...rest] = (await stage.ask("GET", HANDSHAKE)).body.split("\u001e");
    assert.match(open!, /^0\{/);
    assert.deepEqual(rest, ["4hi"]);
  },

  "cookie: none by default; truthy, the session id, for the site, hidden from scripts": async (stage) => {
    await stage.serve();
    assert.equal((await stage.ask("GET", HANDSHAKE)).headers["set-cookie"], undefined);
    for (const [cookie, expected] of [
      [true, "io=<sid>; Path=/; HttpOnly; SameSite=Lax"],
      [{}, "io=<sid>; Path=/; HttpOnly; SameSite=Lax"],
      [{ name: "mine", path: "/x", httpOnly: false, sameSite: "strict" }, "mine=<sid>; Path=/x; SameSite=Strict"],
      [{ name: "mine", maxAge: 5 }, "mine=<sid>; Max-Age=5; Path=/; HttpOnly; SameSite=Lax"],
    ] as const) {
      await stage.serve({ cookie: cookie as ServerOptions["cookie"] });
      const { headers, body } = await stage.ask("GET", HANDSHAKE);
      const { sid } = JSON.parse(body.slice(1)) as { sid: string };
      assert.deepEqual(headers["set-cookie"], [expected.replace("<sid>", sid)]);
      const later = await stage.ask("POST", `${HANDSHAKE}&sid=${sid}`, {}, "40");
      assert.deepEqual([later.status, later.headers["set-cookie"]], [200, undefined]);
    }
  },

  "cookie: a WebSocket handshake sets it as well": {
    upstreamDiffers: "Q-20",
    run: async (stage) => {
      await stage.serve({ cookie: true });
      assert.match(await tcpAnswer(stage.port(), upgradeRequest(WEBSOCKET)), /^set-cookie: io=/im);
    },
  },

  "cors: its headers are on the engine's answers, and preflights are answered": async (stage) => {
    await stage.serve();
    const origin = "https://example.org";
    const none = await stage.ask("GET", HANDSHAKE, { origin });
    assert.equal(none.headers["access-control-allow-origin"], undefined);
    await stage.serve({ cors: { origin, credentials: true } });
    const { headers } = await stage.ask("GET", HANDSHAKE, { origin });
    assert.equal(headers["access-control-allow-origin"], origin);
    assert.equal(headers["access-control-allow-credentials"], "true");
    const preflight = await stage.ask("OPTIONS", HANDSHAKE, { origin, "access-control-request-method": "POST" });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], origin);
  },

  "cors: a function may decide for each request": async (stage) => {
    const cors = (req: { headers: { origin?: string } }, decide: (error: null, options: object) => void): void =>
      decide(null, { origin: req.headers.origin === "https://good.org" });
    await stage.serve({ cors: cors as ServerOptions["cors"] });
    const good = await stage.ask("GET", HANDSHAKE, { origin: "https://good.org" });
    assert.equal(good.headers["access-control-allow-origin"], "https://good.org");
    const bad = await stage.ask("GET", HANDSHAKE, { origin: "https://bad.org" });
    assert.equal(bad.headers["access-control-allow-origin"], undefined);
  },

  "allowEIO3: clients of Socket.IO 2 are refused by default, and let into / if it is set": async (stage) => {
    const path = "/socket.io/?EIO=3&transport=polling";
    await stage.serve();
    const refused = refusalOf(await stage.ask("GET", path));
    assert.deepEqual(refused, [400, { code: 5, message: "Unsupported protocol version" }]);
    const io = await stage.serve({ allowEIO3: true });
    const connected = stage.event(io, "connection");
    const { status, body } = await stage.ask("GET", path);
    assert.equal(status, 200);
    assert.match(body, /^\d+:0\{/);
    const [socket] = await connected;
    assert.equal(socket.conn.protocol, 3);
  },

  "destroyUpgrade: an upgrade request for another path that nobody answers is ended after a second": async (stage) => {
    for (const [options, limit] of [
      [{}, 1000],
      [{ destroyUpgradeTimeout: 50 }, 50],
    ] as const) {
      await stage.serve(options);
      const stray = strayUpgrade(stage);
      await stage.quiet();
      stage.clock.advance(limit - 1);
      assert.equal(await stage.stateOf(stray.ended), "pending");
      stage.clock.advance(1);
      assert.equal(await stray.ended, "");
    }
  },

  "destroyUpgrade: false, or a byte by somebody else, leaves such a request alone": async (stage) => {
    await stage.serve({ destroyUpgrade: false });
    const stray = strayUpgrade(stage);
    await stage.quiet();
    stage.clock.advance(100_000);
    assert.equal(await stage.stateOf(stray.ended), "pending");
    const io = await stage.serve();
    io.httpServer.on("upgrade", (_req, socket) => void socket.write("mine"));
    const answered = strayUpgrade(stage);
    await answered.data;
    stage.clock.advance(100_000);
    assert.equal(await stage.stateOf(answered.ended), "pending");
  },

  "addTrailingSlash: the engine's path ends with a slash, unless it is false": async (stage) => {
    const status = async (path: string): Promise<number | string> => {
      const answer = stage.ask("GET", `${path}?EIO=4&transport=polling`);
      answer.catch(() => undefined);
      return (await stage.stateOf(answer)) === "pending" ? "nobody" : (await answer).status;
    };
    await stage.serve();
    assert.deepEqual([await status("/socket.io/"), await status("/socket.io")], [200, "nobody"]);
    await stage.serve({ addTrailingSlash: false });
    assert.deepEqual([await status("/socket.io/"), await status("/socket.io")], [200, 200]);
  },

  "addTrailingSlash: false takes no path that only begins alike": {
    upstreamDiffers: "Q-17",
    run: async (stage) => {
      await stage.serve({ addTrailingSlash: false });
      const answer = stage.ask("GET", "/socket.iofoo?EIO=4&transport=polling");
      answer.catch(() => undefined);
      assert.equal(await stage.stateOf(answer), "pending", "nobody answers");
    },
  },
};

function upgradesOf({ body }: HttpAnswer): string[] {
  return (JSON.parse(body.slice(1)) as { upgrades: string[] }).upgrades;
}

function refusalOf({ status, body }: HttpAnswer): unknown[] {
  return [status, JSON.parse(body)];
}

/** What has come, pings included. */
async function rawSofar(peer: Peer): Promise<unknown[]> {
  peer.send("0/none,");
  const received: unknown[] = [];
  for (;;) {
    const [message] = await peer.raw.receive(1);
    if (String(message).startsWith("44/none,")) return received;
    received.push(message);
  }
}

/** A WebSocket that has asked to carry the session, and goes no further. */
async function rawCandidate(stage: Stage, { sid }: RawPolling): Promise<RawWebSocket> {
  const candidate = await new RawWebSocket(stage.port(), `&sid=${sid}`).opened();
  stage.defer(() => candidate.terminate());
  candidate.send("2probe");
  assert.deepEqual(await candidate.receive(1), ["3probe"]);
  return candidate;
}

/** Polls a message through of which the answer has so many bytes, and looks how the answer is encoded. */
async function pollThrough(
  stage: Stage,
  options: Partial<ServerOptions>,
  bytes: number,
  accept: string,
  expected: string | undefined,
): Promise<void> {
  const io: Server = await stage.serve(options);
  const polling = await stage.polling();
  await polling.post("40");
  await polling.receive(1);
  const event = `42["x","${"a".repeat(bytes - '42["x",""]'.length)}"]`;
  io.emit("x", "a".repeat(bytes - '42["x",""]'.length));
  const { headers, bytes: body } = await stage.ask("GET", `${HANDSHAKE}&sid=${polling.sid}`, {
    "accept-encoding": accept,
  });
  assert.equal(headers["content-encoding"], expected, `${bytes} bytes, ${accept}, ${JSON.stringify(options)}`);
  const decode: Record<string, (data: Buffer) => Buffer> = {
    gzip: (data) => gunzipSync(data),
    deflate: (data) => inflateSync(data),
    br: (data) => brotliDecompressSync(data),
  };
  assert.equal((expected === undefined ? body : decode[expected]!(body)).toString(), event);
}

/** An upgrade request that is not for the engine. */
function strayUpgrade(stage: Stage): { ended: Promise<string>; data: Promise<unknown> } {
  const socket = connect(stage.port(), "127.0.0.1", () => socket.write(upgradeRequest("/elsewhere")));
  stage.defer(() => socket.destroy());
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => (text += chunk));
  return {
    ended: new Promise((resolve) => socket.on("close", () => resolve(text))),
    data: stage.event(socket, "data"),
  };
}
