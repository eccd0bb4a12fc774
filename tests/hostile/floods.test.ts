import assert from "node:assert/strict";
import { binary, ping, text } from "../support/raw-frames.ts";
import { PONG_OR_CLOSE, SOCKET_IO, webSocketPeer } from "./peer.ts";
import { published } from "./victim.ts";

const MIB = 1024 * 1024;

published(
  "50,000 CONNECTs of one connection to a dynamic namespace",
  ["socket.io 4.8.4"],
  (world) => {
    world.ready = ({ io }) => void io.of(/^\/dyn-/);
    return { cleanupEmptyChildNamespaces: true };
  },
  async (victim, t) => {
    const before = await victim.memory();
    const peer = await webSocketPeer(t, victim.port, SOCKET_IO);
    for (let at = 0; at < 50_000; at += 1000) {
      await peer.write(Buffer.concat(Array.from({ length: 1000 }, (_, i) => text(`40/dyn-${at + i},`))));
    }
    await peer.write(ping());
    await peer.sees(PONG_OR_CLOSE);
    const namespaces = await victim.ask(({ io }) => io._nsps.size);
    assert.ok(namespaces <= 101, `${namespaces} namespaces`);
    await peer.reset();
    await victim.ask(async ({ engine }) => {
      while (engine.clientsCount > 0) await new Promise((resolve) => setImmediate(resolve));
    });
    const growth = (await victim.memory()) - before;
    assert.ok(growth < 4 * MIB, `${growth} bytes`);
    assert.equal(await victim.ask(({ io }) => io._nsps.size), 1);
  },
);

// CVE-2026-33151, what is left of it. Upstream frees it by `connectTimeout` if no namespace was joined, else never.
for (const joined of [false, true]) {
  published(
    `incomplete packets of ${joined ? "members" : "strangers"}, 10 connections with 9 attachments of 990 kB each`,
    ["socket.io 4.8.4"],
    () => ({}),
    async (victim, t) => {
      const before = await victim.memory();
      const part = binary(Buffer.alloc(990_000));
      const end = ping();
      for (let at = 0; at < 10; at++) {
        const peer = await webSocketPeer(t, victim.port, SOCKET_IO);
        if (joined) await peer.write(text("40"));
        await peer.write(text('459-["x"]'.replace("459", "4510")));
        for (let sent = 0; sent < 9 && !peer.isClosed; sent++) await peer.write(part);
        await peer.write(end);
        await peer.sees(PONG_OR_CLOSE);
      }
      const growth = (await victim.memory()) - before;
      // The largest that may wait is 1 MB for each; strangers have a tenth of that.
      assert.ok(growth < (joined ? 12 : 4) * MIB, `${growth} bytes`);
    },
  );
}

// CVE-2026-33151, the rest of it: 4.8.4 keeps what there is of the packet for as long as the peer answers pings.
published(
  "a packet of which no byte comes for incompletePacketTimeout ends the connection",
  ["socket.io 4.8.4"],
  (world) => {
    world.ready = ({ io, seen }) => {
      io.on("connection", (socket) => socket.on("disconnect", (reason) => seen.push(reason)));
    };
    return { incompletePacketTimeout: 50, pingInterval: 1000, pingTimeout: 500 };
  },
  async (victim, t) => {
    const peer = await webSocketPeer(t, victim.port, SOCKET_IO);
    await peer.write(text("40"));
    await peer.sees("40{");
    await peer.write(text('452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'));
    await peer.write(binary(Buffer.alloc(100)));
    const reasons = await victim.ask(async ({ seen }) => {
      while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
      return seen;
    });
    assert.notDeepEqual(reasons, ["ping timeout"]);
  },
);
