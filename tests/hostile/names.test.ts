import assert from "node:assert/strict";
import { text as textFrame } from "../support/raw-frames.ts";
import { PONG_OR_CLOSE, pollingSid, request, SOCKET_IO, Peer, webSocketPeer } from "./peer.ts";
import { published, unfelled } from "./victim.ts";

/** Sends one packet on a connection of its own, after having joined; the server has dealt with it when this returns. */
async function sendsAlone(t: import("node:test").TestContext, port: number, packet: string): Promise<void> {
  const peer = await webSocketPeer(t, port, SOCKET_IO);
  await peer.write(textFrame("40"));
  await peer.sees("40{");
  // Answered with a pong behind it, unless the connection or the process is ended over it.
  await peer.write(Buffer.concat([textFrame(packet), Buffer.from([0x89, 0x80, 0, 0, 0, 0])]));
  await peer.sees(PONG_OR_CLOSE);
  peer.socket.destroy();
}

// CVE-2024-38355
published(
  "an event by the name of error, which nobody listens to",
  ["socket.io 4.6.1"],
  () => ({}),
  async (victim, t) => {
    for (const packet of ['42["error","x"]', '42["error"]', '42["error",{"message":1}]']) {
      await sendsAlone(t, victim.port, packet);
      await victim.ask(() => new Promise((resolve) => setImmediate(resolve)));
    }
  },
);

// Seen to fail by an empty list of reserved names in the parser.
unfelled(
  "reserved names of events never reach the listeners of that name, and fell nothing",
  "socket.io",
  (world) => {
    world.ready = ({ io, seen }) => {
      io.on("connection", (socket) => {
        for (const name of ["connect", "connect_error", "newListener", "removeListener"]) {
          socket.on(name, () => seen.push(name));
        }
        socket.on("disconnect", (reason: string) => seen.push(reason === "forged" ? "forged" : "ended"));
        socket.on("disconnecting", (reason: string) => seen.push(reason === "forged" ? "forged" : "ended"));
      });
    };
  },
  async (victim, t) => {
    const names = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
    for (const name of names) await sendsAlone(t, victim.port, `42["${name}","forged"]`);
    const others = ["error", "__proto__", "constructor", "hasOwnProperty", "toString", "_events", "domain", ""];
    for (const name of others) {
      await sendsAlone(t, victim.port, `42["${name}","forged"]`);
      await sendsAlone(t, victim.port, `420["${name}","forged"]`);
    }
    await sendsAlone(t, victim.port, "42[0]");
    // newListener tells of our own listeners, so it is not looked at.
    const heard = await victim.ask(({ seen }) => seen.filter((name) => name !== "newListener" && name !== "ended"));
    assert.deepEqual(heard, []);
  },
);

// 4.8.4 takes a name of 900 kB.
published(
  "names of namespaces and events of 900 kB, and ids of acknowledgements without end",
  ["socket.io 4.8.4"],
  (world) => {
    world.ready = ({ io, seen }) => {
      io.on("connection", (socket) => socket.onAny((name: string) => seen.push(name.length)));
      io.of((name, _auth, next) => next(null, name.length > 100_000));
    };
  },
  async (victim, t) => {
    const long = "n".repeat(900_000);
    for (const packet of [`42["${long}"]`, `40/${long},`, `42${"9".repeat(900_000)}["x"]`]) {
      await sendsAlone(t, victim.port, packet);
    }
    assert.deepEqual(await victim.ask(({ seen }) => seen), []);
    assert.equal(await victim.ask(({ io }) => io._nsps.size), 1);
  },
);

// 4.8.4: an unhandledRejection ends the process.
published(
  "a listener that rejects because of what a client sent",
  ["socket.io 4.8.4"],
  (world) => {
    world.ready = ({ io, seen }) => {
      io.on("listener_error" as never, (() => seen.push("told")) as never);
      io.on("connection", (socket) => {
        socket.on("order", async (order: { items: unknown[] }) => order.items.length);
      });
    };
  },
  async (victim, t) => {
    await sendsAlone(t, victim.port, '42["order",null]');
    assert.deepEqual(
      await victim.ask(async ({ seen }) => {
        await new Promise((resolve) => setImmediate(resolve));
        return seen;
      }),
      ["told"],
    );
  },
);

// 4.8.4: 1,000 of 1,000 never settle.
published(
  "a peer that leaves 1,000 acknowledgements behind",
  ["socket.io 4.8.4"],
  (world) => {
    world.ready = ({ io, seen }) => {
      io.on("connection", (socket) => {
        for (let at = 0; at < 1000; at++) socket.emitWithAck("question").catch(() => seen.push("rejected"));
        socket.on("disconnect", () => setImmediate(() => seen.push("left")));
      });
    };
  },
  async (victim, t) => {
    await sendsAlone(t, victim.port, '42["x"]');
    const seen = await victim.ask(async ({ seen: all }) => {
      while (!all.includes("left")) await new Promise((resolve) => setImmediate(resolve));
      return all.filter((what) => what === "rejected").length;
    });
    assert.equal(seen, 1000);
  },
);

// Seen to fail by `connectTimeout` that is not started, and by one that is not started again when the last namespace is left.
unfelled(
  "a connection that joins nothing, or has left, is closed by connectTimeout",
  "socket.io",
  () => ({ connectTimeout: 50 }),
  async (victim, t) => {
    const silent = await webSocketPeer(t, victim.port, SOCKET_IO);
    const leaver = await webSocketPeer(t, victim.port, SOCKET_IO);
    await leaver.write(textFrame("40"));
    await leaver.write(textFrame("41"));
    assert.deepEqual(await Promise.all([silent.sees("\x88"), leaver.sees("\x88")]), [true, true]);
    const sid = await pollingSid(t, victim.port, SOCKET_IO);
    const poll = new Peer(t, victim.port, request("GET", `${SOCKET_IO}&transport=polling&sid=${sid}`));
    // A request that comes after the end is answered at once, and with a noop before the close.
    // oxlint-disable-next-line no-control-regex -- the separator
    assert.ok(await poll.sees(/\r\n\r\n(6\x1e)?1/));
  },
);
