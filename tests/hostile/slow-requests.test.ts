import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { attach, listen } from "engine.io";
import { listening } from "../support/listening.ts";
import { text } from "../support/raw-frames.ts";
import { until } from "../support/until.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { DEADLINE, MIB } from "./attack.ts";
import { ENGINE, Peer, pollingSid, request, webSocketPeer } from "./peer.ts";
import { unfelled } from "./victim.ts";

// Seen to fail by an `attach` that sets `requestTimeout` to 0, and by bodies whose end by the server the session is not told.
test(
  "requests that come a byte at a time are ended by the timeouts of node:http, and their session with them",
  DEADLINE,
  async (t) => {
    const http = createServer({ headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 });
    const engine = attach(http);
    const port = await listening(t, http, engine);
    const head = `Content-Type: text/plain\r\nContent-Length: 100000\r\n`;
    const peers: Peer[] = [];
    for (let at = 0; at < 20; at++) {
      const sid = await pollingSid(t, port);
      for (const bytes of [
        request("GET", `${ENGINE}&transport=polling`).slice(0, -2),
        upgradeRequest(`${ENGINE}&transport=websocket`).slice(0, -2),
        request("POST", `${ENGINE}&transport=polling&sid=${sid}`, null, head) + "4",
      ]) {
        peers.push(new Peer(t, port, bytes));
      }
    }
    const drip = setInterval(() => {
      for (const peer of peers) if (!peer.isClosed) peer.socket.write("x");
    }, 20);
    t.after(() => clearInterval(drip));
    await Promise.all(peers.map((peer) => peer.closed));
    await until(() => engine.clientsCount === 0);
  },
);

// Seen to fail by a `listen` that sets them to 0.
test("the server that listen() makes has these timeouts", DEADLINE, async (t) => {
  const engine = listen(0);
  const http = engine.httpServer!;
  t.after(() => {
    engine.close();
    http.close();
  });
  assert.ok(http.headersTimeout > 0 && http.headersTimeout <= 60_000);
  assert.ok(http.requestTimeout > 0 && http.requestTimeout <= 300_000);
});

// Seen to fail by a session that ends and leaves the body of its POST alone.
unfelled(
  "a body that does not come to an end is cut with its session, whatever timeouts the server has",
  "engine.io",
  ({ http }) => {
    http.requestTimeout = 0;
    http.headersTimeout = 0;
    return { pingInterval: 50, pingTimeout: 50 };
  },
  async (victim, t) => {
    const sid = await pollingSid(t, victim.port);
    const head = `Content-Type: text/plain\r\nContent-Length: 100000\r\n`;
    const post = new Peer(t, victim.port, `${request("POST", `${ENGINE}&transport=polling&sid=${sid}`, null, head)}4`);
    const drip = setInterval(() => post.socket.write("x"), 10);
    t.after(() => clearInterval(drip));
    await post.closed;
    assert.equal(post.text, "");
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 0);
  },
);

// Seen to fail by a list of the bodies that are being compressed, out of which none is taken.
unfelled(
  "answers that an attacker makes large are compressed, thrown away with the connection, and not kept",
  "engine.io",
  (world) => {
    world.ready = ({ engine }) => {
      engine.on("connection", (socket) => socket.on("message", (data: string) => socket.send(data)));
    };
    return { pingInterval: 300, pingTimeout: 200 };
  },
  async (victim, t) => {
    const before = await victim.memory();
    const plain = "Content-Type: text/plain\r\n";
    const body = `4${"x".repeat(900_000)}`;
    for (let at = 0; at < 40; at++) {
      const target = `${ENGINE}&transport=polling&sid=${await pollingSid(t, victim.port)}`;
      const post = new Peer(t, victim.port, request("POST", target, body, plain));
      assert.ok(await post.sees("HTTP/1.1 200"));
      const poll = new Peer(t, victim.port);
      await poll.write(request("GET", target, null, "Accept-Encoding: gzip\r\n"));
      // Half of them wait for the answer, which no session sees to any more.
      if (at % 2 === 0) assert.ok(await poll.sees("Content-Encoding: gzip"));
      await poll.reset();
      post.socket.destroy();
    }
    await victim.ask(async ({ engine }) => {
      while (engine.clientsCount > 0) await new Promise((resolve) => setImmediate(resolve));
    });
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 4 * MIB, `${growth} bytes`);
  },
);

// Seen to fail by any byte that counts as the answer to a ping.
unfelled(
  "a WebSocket that says nothing, or a frame that does not come to an end, is ended by its pings",
  "engine.io",
  () => ({ pingInterval: 50, pingTimeout: 50 }),
  async (victim, t) => {
    const silent = await webSocketPeer(t, victim.port);
    const slow = await webSocketPeer(t, victim.port);
    await slow.write(text("4", { length: 100_000 }));
    const drip = setInterval(() => slow.socket.write("x"), 10);
    t.after(() => clearInterval(drip));
    await Promise.all([silent.sees("\x88"), slow.sees("\x88")]);
    await victim.ask(async ({ engine }) => {
      while (engine.clientsCount > 0) await new Promise((resolve) => setImmediate(resolve));
    });
  },
);
