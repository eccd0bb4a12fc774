import assert from "node:assert/strict";
import { createServer } from "node:http";
import { tcp, tcpAnswer } from "../../../support/raw-peer.ts";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import { codecOf } from "../../engine/codec.ts";
import { WebTransportPeer } from "../../engine/webtransport-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { joinPolling } from "../polling.ts";
import { insides } from "../stage.ts";

const WEBSOCKET = "/socket.io/?transport=websocket&EIO=";

/** What was surprising upstream, kept or changed (rows ). */
export const decisions: Behaviours = {
  "methods of the server that listen return the main namespace": async (stage) => {
    const io = await stage.serve();
    const listener = (): void => {};
    for (const name of ["on", "once", "addListener", "prependListener", "off", "removeListener"]) {
      assert.equal(insides(io)[name]("connection", listener), io.sockets, name);
    }
  },

  "a server that was never attached can be closed": {
    upstreamDiffers: "Q-3",
    async run(stage) {
      const io = stage.create({});
      let calls = 0;
      assert.equal(await stage.stateOf(io.close(() => calls++)), "resolved");
      assert.equal(calls, 1);
    },
  },

  "an adapter that an arrow function makes serves rooms": {
    upstreamDiffers: "Q-4",
    async run(stage) {
      const http = await stage.http();
      const { Adapter } = stage.cell.adapter;
      const make = (): unknown => stage.create(http, { adapter: (nsp) => new Adapter(nsp) });
      assert.doesNotThrow(make);
    },
  },

  "options of the compression keep its threshold": {
    upstreamDiffers: "9.2, 16; Q-5",
    async run(stage) {
      const io = await stage.serve({ httpCompression: { level: 1 } as never });
      const { peer, socket } = await joinPolling(stage, io);
      socket.emit("short");
      const path = `/socket.io/?EIO=4&transport=polling&sid=${peer.sid}`;
      const { headers } = await stage.ask("GET", path, { "accept-encoding": "gzip" });
      assert.equal(headers["content-encoding"], undefined);
      assert.equal(insides(io.engine).opts.httpCompression.level, 1);
    },
  },

  "a WebSocket of a revision that is not served is refused with 400": {
    upstreamDiffers: "9.1, 4; Q-15",
    async run(stage) {
      await stage.serve();
      const answer = await tcp(stage.port(), upgradeRequest(`${WEBSOCKET}3`));
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /\r\n\r\nUnsupported protocol version$/);
    },
  },

  "a WebSocket that allowRequest refuses is refused with 400": async (stage) => {
    await stage.serve({ allowRequest: (_req, answer) => answer("no", false) });
    assert.match(await tcp(stage.port(), upgradeRequest(`${WEBSOCKET}4`)), /^HTTP\/1\.1 400 /);
  },

  "bundles are behind a slash": {
    upstreamDiffers: "9.2, 15; Q-16",
    async run(stage) {
      await application(stage);
      assert.equal((await stage.ask("GET", "/socket.io/socket.io.js")).status, 200);
      assert.equal((await stage.ask("GET", "/socket.io-socket.io.js")).body, "application");
    },
  },

  "bundles are for GET and HEAD": {
    upstreamDiffers: "9.2, 15; Q-16",
    async run(stage) {
      await application(stage);
      assert.equal((await stage.ask("HEAD", "/socket.io/socket.io.js")).status, 200);
      for (const method of ["POST", "DELETE"]) {
        assert.notEqual((await stage.ask(method, "/socket.io/socket.io.js")).status, 200, method);
      }
    },
  },

  "a path that only begins like the server's belongs to somebody else": {
    upstreamDiffers: "9.2, 15; Q-17",
    async run(stage) {
      await application(stage, { addTrailingSlash: false, serveClient: false });
      const query = "?EIO=4&transport=polling";
      assert.equal((await stage.ask("GET", `/socket.io${query}`)).status, 200);
      assert.equal((await stage.ask("GET", `/socket.iofoo${query}`)).body, "application");
    },
  },

  "cors does not keep WebTransport away": {
    upstreamDiffers: "Q-18",
    async run(stage) {
      const transports = ["polling", "websocket", "webtransport"] as never;
      const io = await stage.serve({ transports, cors: { origin: "https://example.org" } });
      const peer = new WebTransportPeer(codecOf(4));
      stage.defer(() => peer.drop());
      const accepted = io.engine.onWebTransportSession(peer.server).catch(() => {});
      const opened = await peer.receive(1).then(
        () => "opened",
        () => "closed",
      );
      assert.equal(opened, "opened");
      await accepted;
    },
  },

  "several values of a header are several lines of an upgrade's answer": {
    upstreamDiffers: "Q-19",
    async run(stage) {
      const io = await stage.serve();
      io.engine.on("headers", (headers: Record<string, unknown>) => (headers["set-cookie"] = ["a=1", "b=2"]));
      assert.deepEqual(cookiesIn(await tcpAnswer(stage.port(), upgradeRequest(`${WEBSOCKET}4`))), ["a=1", "b=2"]);
    },
  },

  "the cookie is set on WebSocket handshakes": {
    upstreamDiffers: "9.2, 14; Q-20",
    async run(stage) {
      const io = await stage.serve({ cookie: true });
      const connection = stage.event(io.engine, "connection");
      const answer = await tcpAnswer(stage.port(), upgradeRequest(`${WEBSOCKET}4`));
      const [{ id }] = await connection;
      assert.deepEqual(cookiesIn(answer), [`io=${id}; Path=/; HttpOnly; SameSite=Lax`]);
    },
  },

  "the cookie is set on polling handshakes": async (stage) => {
    await stage.serve({ cookie: true });
    const { headers, body } = await stage.ask("GET", "/socket.io/?EIO=4&transport=polling");
    const { sid } = JSON.parse(body.slice(1)) as { sid: string };
    assert.deepEqual(headers["set-cookie"], [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
  },

  "an event without a payload is refused": {
    upstreamDiffers: "9.1, 1; Q-24",
    async run(stage) {
      const { socket, peer } = await stage.join(await stage.serve());
      const log: unknown[] = [];
      socket.onAny((...args) => log.push(args));
      socket.on("error", (error) => log.push(error.message));
      socket.on("disconnect", (reason) => log.push(reason));
      peer.send("2");
      await stage.quiet();
      assert.deepEqual(log, ["invalid payload", "forced close"]);
    },
  },

  "operators, remote sockets and base servers are no values of the package": ({ library, cell }) => {
    for (const name of ["BroadcastOperator", "RemoteSocket"]) assert.equal(name in library, false, name);
    assert.equal("BaseServer" in cell.engine, false);
  },
};

/** A server of Socket.IO on one of an application's, which answers all else. */
async function application(stage: import("../stage.ts").Stage, options: object = {}): Promise<void> {
  const http = createServer((_req, res) => res.end("application"));
  stage.create(await stage.http(http), options);
}

function cookiesIn(answer: string): string[] {
  return [...answer.matchAll(/^set-cookie: (.*?)\r$/gim)].map(([, value]) => value!);
}
