import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { listen } from "../../../support/listening.ts";
import type { Behaviours } from "../behaviour.ts";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const BUNDLE = "/socket.io/socket.io.js";

/** How a server takes its place on an HTTP server. */
export const attachment: Behaviours = {
  "the request listeners there were get what is not for the server, in their order, on the HTTP server": async (
    stage,
  ) => {
    for (const serveClient of [true, false]) {
      const log: unknown[] = [];
      const http = createServer(function (this: unknown, { url }) {
        log.push([1, url, this === http]);
      });
      http.on("request", ({ url }, res) => {
        log.push([2, url]);
        res.end("application");
      });
      await stage.http(http);
      stage.create(http, { serveClient });
      assert.equal(http.listenerCount("request"), 1);
      assert.equal((await stage.ask("GET", "/elsewhere")).body, "application");
      assert.equal((await stage.ask("GET", HANDSHAKE)).status, 200);
      assert.deepEqual(log.splice(0), [
        [1, "/elsewhere", true],
        [2, "/elsewhere"],
      ]);
      if (serveClient) assert.equal((await stage.ask("GET", BUNDLE)).status, 200);
      assert.deepEqual(log, []);
    }
  },

  "request listeners that are added later see all requests, the server's as well": async (stage) => {
    const http = await stage.http();
    stage.create(http);
    const seen: unknown[] = [];
    http.on("request", ({ url }) => seen.push(url));
    await stage.ask("GET", HANDSHAKE);
    await stage.ask("GET", BUNDLE);
    assert.deepEqual(seen, [HANDSHAKE, BUNDLE]);
  },

  "a listener for upgrades is added only where there is a WebSocket transport": (stage) => {
    for (const [transports, count] of [
      [["polling"], 0],
      [["websocket"], 1],
      [["polling", "websocket"], 1],
    ] as const) {
      const http = createServer();
      stage.create(http, { transports: [...transports] });
      assert.equal(http.listenerCount("upgrade"), count);
    }
  },

  "upgrade listeners of others stay, and get what is theirs": async (stage) => {
    const http = await stage.http();
    const seen: (string | undefined)[] = [];
    http.on("upgrade", ({ url }) => seen.push(url));
    const io = stage.create(http);
    await stage.join(io);
    assert.deepEqual(seen, ["/socket.io/?EIO=4&transport=websocket"]);
  },

  "the end of the HTTP server is the end of the engine": async (stage) => {
    const http = await stage.http();
    const io = stage.create(http);
    const { socket, peer } = await stage.join(io);
    const gone = stage.event(socket, "disconnect");
    http.emit("close");
    assert.deepEqual((await gone).slice(0, 1), ["forced close"]);
    assert.match(String(await peer.next()), /^closed/);
  },

  "an HTTP server that listens again is served again, WebSockets included": async (stage) => {
    const http = await stage.http();
    const io = stage.create(http);
    await stage.join(io);
    await io.close();
    assert.equal(http.listening, false);
    await stage.http(http);
    await stage.join(io);
    const polling = await stage.polling();
    await polling.post("40");
    assert.match((await polling.receive(1))[0]!, /^40\{/);
  },

  "several servers share an HTTP server by their paths": async (stage) => {
    const http = await stage.http(applicationOf());
    const [one, two] = [stage.create(http, { path: "/one" }), stage.create(http, { path: "/two" })];
    for (const io of [one, two]) {
      await stage.join(io, undefined, await stage.peer("", stage.port(http), `${io.path()}/`));
      assert.equal((await stage.ask("GET", `${io.path()}/?EIO=4&transport=polling`)).status, 200);
      assert.equal((await stage.ask("GET", `${io.path()}/socket.io.js`)).status, 200);
    }
    assert.equal((await stage.ask("GET", "/elsewhere")).body, "application");
  },

  "an HTTP server may be attached while it listens, or begin to listen afterwards": async (stage) => {
    const later = createServer();
    const io = stage.create(later);
    await listen(later);
    await stage.join(io);
    await stage.join(await stage.serve());
  },
};

function applicationOf(): ReturnType<typeof createServer> {
  const answer: RequestListener = (_req, res) => void res.end("application");
  return createServer(answer);
}
