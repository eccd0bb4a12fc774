import assert from "node:assert/strict";
import { published, type SetUp } from "./victim.ts";

const setUp: SetUp = () => ({ transports: ["polling", "websocket", "webtransport"], upgradeTimeout: 3_600_000 });

// Fixed in 6.6.7, without an id.
published(
  "sessions of WebTransport that begin with garbage, or want one that there is not, are closed",
  ["engine.io 6.6.6"],
  setUp,
  async (victim) => {
    const closed = await victim.ask((world) => {
      const ids = ["nope", "__proto__", "constructor", "toString", "hasOwnProperty"];
      const opens = ["{", "null", "1", "[]", '{"sid":1}', '{"sid":{}}', ...ids.map((sid) => JSON.stringify({ sid }))];
      const packets = ["", "2probe", "4x", "9", "\0", ...opens.map((json) => `0${json}`)];
      return Promise.all(
        packets.map((packet) => {
          const session = world.webTransport();
          session.open();
          session.send(packet);
          return session.closed;
        }),
      );
    });
    assert.equal(closed.length, 16);
    assert.equal(await victim.ask(({ engine }) => engine.clientsCount), 0);
  },
);

published(
  "middlewares are asked for WebTransport as well",
  ["engine.io 6.6.6"],
  (world) => {
    world.ready = ({ engine }) => engine.use((_req, _res, next) => next(new Error("no")));
    return { transports: ["polling", "websocket", "webtransport"] };
  },
  async (victim) => {
    const outcome = await victim.ask((world) => {
      const session = world.webTransport();
      const connected = new Promise((resolve) => world.engine.on("connection", () => resolve("connected")));
      session.open();
      session.send("0");
      return Promise.race([session.closed, connected]);
    });
    assert.equal(outcome, "closed");
  },
);

// Fixed in 6.6.8, without an id: each left a timer, and with it the session, until `upgradeTimeout`.
published(
  "sessions of WebTransport that end before their first packet leave nothing behind",
  ["engine.io 6.6.7"],
  setUp,
  async (victim) => {
    const timers = await victim.ask(async (world) => {
      const count = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
      const before = count();
      for (const how of ["openNone", "end", "lose"] as const) {
        for (let at = 0; at < 100; at++) {
          const session = world.webTransport();
          if (how === "end") session.open();
          session[how]();
        }
        // Some steps of streams, each of which takes microtasks alone.
        for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
      }
      return count() - before;
    });
    assert.equal(timers, 0);
  },
);
