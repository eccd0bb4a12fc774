import assert from "node:assert/strict";
import { text } from "../support/raw-frames.ts";
import { MIB } from "./attack.ts";
import { type Peer, SOCKET_IO, webSocketPeer } from "./peer.ts";
import { published, type SetUp } from "./victim.ts";

const setUp: SetUp = (world) => {
  world.ready = ({ io }) => {
    io.on("connection", (socket) => socket.emit("hello"));
  };
  return { connectionStateRecovery: {} };
};

async function joins(peer: Peer, auth = ""): Promise<string> {
  const from = peer.text.length;
  await peer.write(text(`40${auth}`));
  await peer.sees(/40\{[^]*\}/);
  return peer.text.slice(from);
}

/** A member that has had an event: what it needs to come back. */
async function member(peer: Peer): Promise<string> {
  await joins(peer);
  await peer.sees(/"hello","[^"]+"/);
  const pid = /"pid":"([^"]+)"/.exec(peer.text)![1]!;
  const offset = /"hello","([^"]+)"/.exec(peer.text)![1]!;
  return JSON.stringify({ pid, offset });
}

published(
  "one private id redeemed twice: one socket of that id, never two",
  ["socket.io 4.8.4"],
  setUp,
  async (victim, t) => {
    const first = await webSocketPeer(t, victim.port, SOCKET_IO);
    const auth = await member(first);
    await first.reset();
    await victim.ask(async ({ io }) => {
      while (io.sockets.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    });
    const second = await webSocketPeer(t, victim.port, SOCKET_IO);
    const third = await webSocketPeer(t, victim.port, SOCKET_IO);
    await joins(second, auth);
    await joins(third, auth);
    const members = await victim.ask(({ io, engine }) => {
      const joined = Object.values(engine.clients).length;
      return { joined, ids: [...io.sockets.sockets.keys()].length, live: io.sockets.sockets.size };
    });
    const sids = [second, third].map((peer) => /40\{"sid":"([^"]+)"/.exec(peer.text)?.[1]);
    // The second was cut off, or the third is somebody else.
    assert.ok(sids[0] !== sids[1] || second.isClosed || members.joined === 1, JSON.stringify([sids, members]));
  },
);

published(
  "a client that comes back while its old connection is half open recovers, and the old one is fenced",
  ["socket.io 4.8.4"],
  setUp,
  async (victim, t) => {
    const old = await webSocketPeer(t, victim.port, SOCKET_IO);
    const auth = await member(old);
    await victim.ask(({ io }) => void io.emit("missed", 1));
    const back = await webSocketPeer(t, victim.port, SOCKET_IO);
    await joins(back, auth);
    assert.equal(await victim.ask(({ io }) => [...io.sockets.sockets.values()].at(-1)!.recovered), true);
    assert.equal(back.text.split('"missed"').length, 2);
    assert.equal(await victim.ask(({ io }) => io.sockets.sockets.size), 1);
  },
);

published(
  "12,000 events of 10 KB that one session may have missed are kept up to maxBytes",
  ["socket.io 4.8.4"],
  setUp,
  async (victim, t) => {
    const gone = await webSocketPeer(t, victim.port, SOCKET_IO);
    await member(gone);
    await gone.reset();
    await victim.ask(async ({ io }) => {
      while (io.sockets.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    });
    const before = await victim.memory();
    await victim.ask(async ({ io }) => {
      for (let at = 0; at < 12_000; at++) {
        io.emit("news", String(at).padEnd(10_000, "."));
        if (at % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const growth = (await victim.memory()) - before;
    // 64 MiB, and the objects around 6,700 events.
    assert.ok(growth < 80 * MIB, `${growth} bytes`);
  },
);
