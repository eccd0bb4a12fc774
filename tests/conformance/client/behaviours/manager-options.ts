import assert from "node:assert/strict";
import type { Manager } from "socket.io-client";
import { settingsOf } from "../../../support/manager-settings.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Options, type Stage } from "../stage.ts";

/** What a Manager is told, by options and by methods (rows C-23 to C-31, C-57 to C-60, C-74, C-75). */
export const managerOptions: Behaviours = {
  "the options that count where nothing is said": (stage) => {
    const manager = idle(stage);
    assert.equal(manager.opts.path, "/socket.io");
    assert.deepEqual(settingsOf(manager), [true, Infinity, 1000, 5000, 0.5, 20_000]);
  },

  "what is nothing counts as nothing said, where nothing makes no sense": (stage) => {
    const manager = idle(stage, {
      path: "",
      reconnectionAttempts: 0,
      reconnectionDelay: 0,
      reconnectionDelayMax: 0,
      randomizationFactor: 0,
      timeout: 0,
    });
    assert.equal(manager.opts.path, "/socket.io");
    assert.deepEqual(settingsOf(manager), [true, Infinity, 1000, 5000, 0, 0]);
    for (const falsy of [0, "", null, undefined]) {
      assert.equal(idle(stage, { reconnection: falsy as never }).reconnection(), true);
    }
    assert.equal(idle(stage, { reconnection: false }).reconnection(), false);
    assert.equal(idle(stage, { timeout: false }).timeout(), false);
  },

  "a Manager opens on creation, unless autoConnect is false": (stage) => {
    const open = (autoConnect: unknown): boolean => {
      const manager = stage.manager("http://127.0.0.1:1", { autoConnect } as Options);
      return manager.engine !== undefined;
    };
    assert.deepEqual([true, undefined, null, 0, false].map(open), [true, true, true, true, false]);
    assert.equal(insides(idle(stage))._readyState, "closed");
  },

  "a Manager may be made of options alone": (stage) => {
    const manager = new stage.library.Manager({ autoConnect: false, reconnectionDelay: 7 });
    assert.equal(manager.reconnectionDelay(), 7);
  },

  "each setting is read without an argument, and set in a chain": (stage) => {
    const manager = idle(stage);
    const chained = manager
      .reconnection(true)
      .reconnectionAttempts(2)
      .reconnectionDelay(3)
      .reconnectionDelayMax(4)
      .randomizationFactor(0)
      .timeout(5)
      .reconnection(false);
    assert.equal(chained, manager);
    assert.deepEqual(settingsOf(manager), [false, 2, 3, 4, 0, 5]);
  },

  "new delays count for the backoff that is running": (stage) => {
    const manager = idle(stage, { randomizationFactor: 0 });
    manager.reconnectionDelay(10).reconnectionDelayMax(25);
    assert.deepEqual(delays(manager, 4), [10, 20, 25, 25]);
    manager.backoff.reset();
    manager.reconnectionDelay(100).reconnectionDelayMax(1000).randomizationFactor(0.5);
    const [delay] = delays(manager, 1);
    assert.ok(delay! >= 50 && delay! < 150, String(delay));
  },

  "delays double up to the longest, in whole ms": (stage) => {
    const manager = idle(stage, { randomizationFactor: 0, reconnectionDelay: 300.5, reconnectionDelayMax: 2000 });
    assert.deepEqual(delays(manager, 5), [300, 601, 1202, 2000, 2000]);
    manager.backoff.reset();
    assert.deepEqual(delays(manager, 1), [300]);
  },

  "jitter moves a delay by its share at most, and never beyond the longest": (stage) => {
    withRandom((random) => {
      for (const factor of [0.1, 0.5, 1]) {
        for (random.next = 0; random.next < 1; random.next += 0.01) {
          const manager = idle(stage, { randomizationFactor: factor });
          for (const usual of [1000, 2000, 4000, 8000]) {
            const delay = manager.backoff.duration();
            assert.ok(Number.isInteger(delay));
            assert.ok(delay >= Math.floor(Math.min(usual, 5000) * (1 - factor)), `${delay} of ${usual}`);
            assert.ok(delay <= Math.min(usual * (1 + factor), 5000), `${delay} of ${usual}`);
          }
        }
      }
    });
  },

  "a jitter that is no share between 0 and 1 means none, and is read as it was set": (stage) => {
    for (const factor of [-1, 1.5, 7]) {
      const manager = idle(stage, { randomizationFactor: factor });
      assert.equal(manager.randomizationFactor(), factor);
      assert.deepEqual(delays(manager, 3), [1000, 2000, 4000]);
    }
  },

  "the first delays lie between 500 and 1500 ms, with no gap between": {
    upstreamDiffers: "row Q-21",
    run: (stage) => {
      const first = firstDelays(stage, 1000);
      assert.deepEqual([Math.floor(first[0]! / 10), Math.floor(first.at(-1)! / 10)], [50, 149]);
      const gaps = first.slice(1).map((delay, at) => delay - first[at]!);
      assert.ok(Math.max(...gaps) <= 10, `${Math.max(...gaps)}`);
    },
  },

  "delays at the longest are spread": {
    upstreamDiffers: "row Q-21; hostile.md 2",
    run: (stage) => {
      withRandom((random) => {
        const seen = new Set<number>();
        for (random.next = 0; random.next < 1; random.next += 0.05) {
          seen.add(delays(idle(stage), 8).at(-1)!);
        }
        assert.ok(seen.size >= 15, `${seen.size} different delays`);
      });
    },
  },

  "options changed meanwhile count at the next attempt": async (stage) => {
    const io = await stage.serve();
    const client = stage.client("/", { query: { token: "a" }, autoConnect: false });
    const connected = async (): Promise<unknown> => {
      const connection = stage.event(io, "connection");
      client.connect();
      const [socket] = await connection;
      await stage.until(() => client.connected);
      return socket.handshake.query.token;
    };
    assert.equal(await connected(), "a");
    (client.io.opts.query as Record<string, unknown>)["token"] = "b";
    client.disconnect();
    assert.equal(await connected(), "b");
    client.io.opts.query = { token: "c" };
    client.disconnect();
    assert.equal(await connected(), "c");
  },

  "a Manager has these members, which tests and frameworks read": (stage) => {
    const manager = idle(stage, { query: { a: 1 } });
    const socket = manager.socket("/x");
    const { uri, nsps, backoff, encoder, decoder, skipReconnect, _autoConnect, _readyState, _reconnecting } =
      insides(manager);
    assert.equal(uri, "http://127.0.0.1:1");
    assert.deepEqual([Object.keys(nsps), nsps["/x"]], [["/x"], socket]);
    assert.equal(typeof backoff.duration, "function");
    assert.equal(typeof encoder.encode, "function");
    assert.equal(typeof decoder.add, "function");
    assert.deepEqual([!!skipReconnect, _autoConnect, _readyState, !!_reconnecting], [false, false, "closed", false]);
    assert.equal(typeof insides(manager).setTimeoutFn, "function");
    assert.equal(typeof insides(manager).clearTimeoutFn, "function");
    assert.equal(manager.engine, undefined);
  },

  "its timers are the process's, or with useNativeTimers those of before somebody replaced them": async (stage) => {
    // Time stands still here: only timers from before go off by themselves.
    const native = insides(idle(stage, { useNativeTimers: true }));
    await new Promise<void>((resolve) => native.setTimeoutFn(resolve, 1));
    const usual = insides(idle(stage));
    let fired = 0;
    usual.setTimeoutFn(() => fired++, 5);
    usual.clearTimeoutFn(usual.setTimeoutFn(() => (fired += 10), 5));
    stage.clock.advance(4);
    assert.equal(fired, 0);
    stage.clock.advance(1);
    assert.equal(fired, 1);
  },

  "a parser of another make has one encoder and one decoder for each Manager, used in both directions": async (
    stage,
  ) => {
    const parser = stage.cell.require("socket.io-parser") as typeof import("socket.io-parser");
    const made: string[] = [];
    const packets: unknown[] = [];
    class Encoder extends parser.Encoder {
      constructor() {
        super();
        made.push("encoder");
      }
      override encode(packet: Parameters<InstanceType<typeof parser.Encoder>["encode"]>[0]) {
        packets.push(["out", packet.type]);
        return super.encode(packet);
      }
    }
    class Decoder extends parser.Decoder {
      constructor() {
        super();
        made.push("decoder");
      }
      override add(chunk: string) {
        packets.push(["in", chunk]);
        super.add(chunk);
      }
    }
    const { wire } = await stage.joined({ parser: { Encoder, Decoder } });
    assert.deepEqual(made.sort(), ["decoder", "encoder"]);
    assert.deepEqual(packets, [
      ["out", 0],
      ["in", '0{"sid":"id"}'],
    ]);
    assert.equal(wire.joined, "0");
  },
};

function idle(stage: Stage, options: Options = {}): Manager {
  return new stage.library.Manager("http://127.0.0.1:1", { autoConnect: false, ...options } as object);
}

function delays(manager: Manager, count: number): number[] {
  return Array.from({ length: count }, () => manager.backoff.duration());
}

/** The first delays for so many random numbers between 0 and 1, in order. */
function firstDelays(stage: Stage, count: number): number[] {
  return withRandom((random) =>
    Array.from({ length: count }, (_, at) => {
      random.next = at / count;
      return delays(idle(stage), 1)[0]!;
    }),
  ).sort((a, b) => a - b);
}

/** While `act` runs, random numbers are as it says. */
function withRandom<T>(act: (random: { next: number }) => T): T {
  const random = { next: 0 };
  const { random: real } = Math;
  Math.random = () => random.next;
  try {
    return act(random);
  } finally {
    Math.random = real;
  }
}
