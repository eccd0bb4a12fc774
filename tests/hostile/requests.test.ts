import assert from "node:assert/strict";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { ENGINE, exchange, Peer, pollingSid, request } from "./peer.ts";
import { published, unfelled } from "./victim.ts";

const MIB = 1024 * 1024;
/** A frame that closes. */
const CLOSED = /\x88[\x00-\x7d]/; // oxlint-disable-line no-control-regex -- bytes

const CLOSE = "Connection: close\r\n";

// CVE-2026-59725: each such request stays open for ever.
published(
  "10,000 posts of application/octet-stream leave no request, session or handle behind",
  ["engine.io 6.6.6"],
  (world) => {
    world.ready = ({ http, seen }) => {
      http.on("request", (req) => {
        if (req.method === "POST") seen.push(req.method);
      });
    };
  },
  async (victim, t) => {
    const handshake = request("GET", `${ENGINE}&transport=polling`);
    const last = request("GET", `${ENGINE}&transport=polling`, null, CLOSE);
    const octets = "Content-Type: application/octet-stream\r\n";
    for (let round = 0; round < 100; round++) {
      const opened = await exchange(t, victim.port, handshake.repeat(99) + last);
      const sids = Array.from(opened.matchAll(/"sid":"([^"]+)"/g), ([, sid]) => sid);
      const posts = sids.map((sid) => request("POST", `${ENGINE}&transport=polling&sid=${sid}`, "4x", octets));
      const peer = new Peer(t, victim.port, posts.join(""));
      const open = await victim.ask(async (world) => {
        const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
        while (world.seen.length < 100) await turn();
        world.seen.length = 0;
        // Those that are answered are so in the next turns.
        for (let turns = 0; turns < 1000 && world.open > 0; turns++) await turn();
        return world.open;
      });
      assert.equal(open, 0);
      peer.socket.destroy();
    }
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 0);
    assert.ok((await victim.ask(() => process.getActiveResourcesInfo().length)) < 20);
  },
);

// CVE-2020-36048, of engine.io 3. Seen to fail by a size that is read from Content-Length alone.
unfelled(
  "a body without an announced length is counted while it comes, and more after the refusal is not kept",
  "engine.io",
  () => ({}),
  async (victim, t) => {
    const sid = await pollingSid(t, victim.port);
    const target = `${ENGINE}&transport=polling&sid=${sid}`;
    const before = await victim.memory();
    const head = "Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n";
    const peer = new Peer(t, victim.port, request("POST", target, null, head));
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "4"), Buffer.from("\r\n")]);
    for (let at = 0; at < 20; at++) await peer.write(chunk);
    assert.ok(await peer.sees("HTTP/1.1 413"));
    for (let at = 0; at < 200 && !peer.isClosed; at++) await peer.write(chunk);
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 2 * MIB, `${growth} bytes`);
  },
);

// Seen to fail by packets that are cut off the front of the payload, one by one, the rest copied each time: it does not end within the deadline.
unfelled(
  "a payload of half a million packets is read in one pass, and nothing of it stays",
  "engine.io",
  () => ({}),
  async (victim, t) => {
    const sid = await pollingSid(t, victim.port);
    const before = await victim.memory();
    const text = "Content-Type: text/plain\r\nConnection: close\r\n";
    const body = "4\x1e".repeat(490_000).slice(0, -1);
    await exchange(t, victim.port, request("POST", `${ENGINE}&transport=polling&sid=${sid}`, body, text));
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 2 * MIB, `${growth} bytes`);
  },
);

// Seen to fail by upgrades that are not closed when there is one under way.
unfelled(
  "a flood of upgrade probes leaves one candidate for each session",
  "engine.io",
  () => ({ upgradeTimeout: 60_000 }),
  async (victim, t) => {
    const sid = await pollingSid(t, victim.port);
    const bytes = upgradeRequest(`${ENGINE}&transport=websocket&sid=${sid}`);
    const peers = Array.from({ length: 100 }, () => new Peer(t, victim.port, bytes));
    const isTurnedAway = ({ text, isClosed }: Peer): boolean => isClosed || CLOSED.test(text);
    await new Promise<void>((resolve) => {
      for (const peer of peers) {
        const look = (): void => {
          if (peers.filter(isTurnedAway).length === 99) resolve();
        };
        peer.socket.on("data", look).on("close", look);
      }
    });
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 1);
  },
);
