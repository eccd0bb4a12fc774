import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { continuation, frame, MASK, ping, text } from "../support/raw-frames.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { ENGINE, Peer, pollingSid, PONG_OR_CLOSE, request, webSocketPeer } from "./peer.ts";
import { published, unfelled, type SetUp } from "./victim.ts";

const MIB = 1024 * 1024;

/** Engines of 4.8.4 with the releases of `ws` in which a fault was published. */
function withWs(version: string): [release: string, setUp: SetUp] {
  const setUp = new Function("world", `return { wsEngine: world.load("ws-${version}").Server };`) as SetUp; // oxlint-disable-line no-new-func, no-implied-eval -- of a constant; it runs in another process
  return ["engine.io 6.6.12", setUp];
}

// CVE-2024-37890
published(
  "an upgrade with more headers than the server counts",
  [withWs("8.17.0")],
  () => ({}),
  async (victim, t) => {
    await victim.ask(({ http }) => {
      http.maxHeadersCount = 10;
    });
    const many = Array.from({ length: 20 }, (_, at) => `x${at}: 1\r\n`).join("");
    const first = upgradeRequest(`${ENGINE}&transport=websocket`).replace("Host", `${many}Host`);
    await new Peer(t, victim.port, first).sees("HTTP/1.1");
    await victim.ask(() => new Promise((resolve) => setImmediate(resolve)));
  },
);

// CVE-2026-48779, and the amplification that its first fix, 8.21.0, left.
published(
  "a message in endless fragments of one byte, and of none",
  [withWs("8.20.1"), withWs("8.21.0")],
  () => ({}),
  async (victim, t) => {
    const before = await victim.memory();
    const peers = await Promise.all([1, 2, 3, 4].map(() => webSocketPeer(t, victim.port)));
    for (const [at, peer] of peers.entries()) {
      const fragment = continuation(at % 2 === 0 ? "x" : "", { fin: false });
      await peer.write(text("4", { fin: false }));
      // Just below what the first fix allows.
      for (let round = 0; round < 5; round++) {
        await peer.write(Buffer.concat([...Array.from({ length: 25_000 }, () => fragment), ping()]));
      }
      await peer.sees(PONG_OR_CLOSE);
    }
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 4 * MIB, `${growth} bytes`);
  },
);

// Fixed in ws 8.23.0; 4.8.4 is still affected.
published(
  "a flood of pings from a peer that does not read",
  [["engine.io 6.6.12", () => ({})], withWs("8.22.2")],
  () => ({}),
  async (victim, t) => {
    const peer = await webSocketPeer(t, victim.port);
    peer.socket.pause();
    const before = await victim.memory();
    const pings = Buffer.concat(Array.from({ length: 8000 }, () => ping("p".repeat(125))));
    // 26 MB; the operating systems of both sides take some.
    for (let round = 0; round < 25 && !peer.isClosed; round++) {
      await peer.write(pings);
      await victim.ask(() => true);
    }
    const growth = (await victim.memory()) - before;
    assert.ok(growth < MIB, `${growth} bytes`);
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 0);
  },
);

// Fixed in ws 8.22.2. A view of the mask, or of the last frame, holds the 64 KiB that it was read into.
published(
  "idle connections hold nothing of what they were read into",
  [withWs("8.22.1")],
  () => ({}),
  async (victim, t) => {
    const peers = await Promise.all(Array.from({ length: 100 }, () => webSocketPeer(t, victim.port)));
    const before = await victim.memory();
    for (const peer of peers) {
      // Read in one piece, which ends in the middle of a header.
      const half = frame({ opcode: 1, payload: "4half", mask: MASK }).subarray(0, 5);
      await peer.write(Buffer.concat([text(`4${"x".repeat(60_000)}`), ping(), half]));
      await peer.sees(PONG_OR_CLOSE);
    }
    const growth = (await victim.memory()) - before;
    // The slab of one would be 6.5 MB in all.
    assert.ok(growth < 2 * MIB, `${growth} bytes`);
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 100);
  },
);

// GHSA and CVE of ws 1 to 7. Seen to fail by a pong as long as the ping announced, without maxPayload, and by extensions and by protocols that are
// looked up in plain objects.
unfelled(
  "pings, sizes, extensions and protocols that felled old releases of ws",
  "engine.io",
  () => ({}),
  async (victim, t) => {
    const before = await victim.memory();
    const echo = await webSocketPeer(t, victim.port);
    await echo.write(ping("abc", { length: 125 }));
    await echo.write(Buffer.alloc(122));
    assert.ok(await echo.sees("\x8a\x7dabc"));
    for (const length of [1_000_001, 2 ** 31, 2 ** 40, 2n ** 63n]) {
      const giant = await webSocketPeer(t, victim.port);
      await giant.write(text("4", { length, lengthBytes: 8 }));
      assert.ok(await giant.sees(/\x88\x02\x03\xf1/), String(length)); // oxlint-disable-line no-control-regex -- 1009
    }
    const values = [
      "constructor",
      "__proto__;x=1",
      "toString",
      ",".repeat(8000),
      " ".repeat(8000) + "x",
      "a;".repeat(4000),
    ];
    for (const value of values) {
      for (const name of ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"]) {
        const bytes = upgradeRequest(`${ENGINE}&transport=websocket`, { [name]: value });
        assert.ok(await new Peer(t, victim.port, bytes).sees("HTTP/1.1"), value);
      }
    }
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 4 * MIB, `${growth} bytes`);
  },
);

// CVE-2026-45736
published(
  "close with a typed array as reason sends its bytes and none of the memory",
  [withWs("8.20.0")],
  () => ({}),
  async (victim, t) => {
    const peer = await webSocketPeer(t, victim.port);
    await victim.ask(({ engine }) => {
      const [session] = Object.values(engine.clients) as unknown as { transport: { socket: unknown } }[];
      const { socket } = session!.transport as { socket: { close(code: number, reason: unknown): void } };
      try {
        socket.close(1000, new Uint16Array(20).fill(0x4141));
      } catch {
        socket.close(1000, "");
      }
    });
    assert.ok(await peer.sees(/\x88[\x00-\x7d]/)); // oxlint-disable-line no-control-regex -- a frame
    const reason = peer.text.slice(peer.text.indexOf("\x88") + 4);
    assert.match(reason, /^A{0,40}$/);
  },
);

// Seen to fail by request bodies that are inflated as `Content-Encoding` says.
unfelled(
  "a body that says it is compressed is not inflated",
  "engine.io",
  (world) => {
    world.ready = ({ engine, seen }) => {
      engine.on("connection", (socket) => socket.on("message", (data: string) => seen.push(data.length)));
    };
  },
  async (victim, t) => {
    const sid = await pollingSid(t, victim.port);
    const bomb = gzipSync(Buffer.alloc(64 * MIB, "4"));
    const before = await victim.memory();
    const head = `Content-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: ${bomb.length}\r\n`;
    const peer = new Peer(t, victim.port, request("POST", `${ENGINE}&transport=polling&sid=${sid}`, null, head));
    await peer.write(bomb);
    assert.ok(await peer.sees("HTTP/1.1"));
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 2 * MIB, `${growth} bytes`);
    assert.deepEqual(await victim.ask(({ seen }) => seen), []);
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 0);
  },
);
