/** Upgrades under load by peers that speak by hand: numbered messages both ways while probes are slow, lost, repeated and abandoned. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import type { Socket } from "engine.io";
import { FaultyProxy } from "../../../tests/support/faulty-proxy.ts";
import { http, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { until } from "../../../tests/support/until.ts";
import { PATH, serve, type Served } from "./support.ts";

type Revision = 3 | 4;

/** Numbered messages in both directions: each one that goes up makes the server send two. */
class Load {
  readonly up: string[] = [];
  readonly down: string[] = [];
  sentUp = 0;
  #sentDown = 0;

  constructor(socket: Socket) {
    socket.on("message", (data: string) => {
      this.up.push(data);
      socket.send(String(this.#sentDown++)).send(String(this.#sentDown++));
    });
  }

  /** The next packets of the client. */
  next(count: number): string[] {
    return Array.from({ length: count }, () => `4${this.sentUp++}`);
  }

  /** What the server sent, but for what it says about the upgrade. */
  arrived(packets: readonly string[]): void {
    this.down.push(...packets.filter((packet) => packet !== "6"));
  }

  assertComplete(): void {
    const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));
    assert.deepEqual(this.up, numbers(this.sentUp));
    assert.deepEqual(
      this.down,
      numbers(2 * this.sentUp).map((data) => `4${data}`),
    );
  }
}

/** A polling session by hand, under load, and what it takes to make others out of it. */
class Upgrader {
  static async open(t: TestContext, revision: Revision): Promise<Upgrader> {
    const served = await serve(t, { allowEIO3: true });
    const proxy = await FaultyProxy.start(served.port);
    t.after(() => proxy.close());
    const connection = served.connection();
    const url = `${PATH}?EIO=${revision}&transport=polling`;
    await http(served.port, "GET", url);
    const socket = await connection;
    return new Upgrader(served, proxy, revision, socket, `${url}&sid=${socket.id}`);
  }

  readonly proxy: FaultyProxy;
  readonly socket: Socket;
  readonly load: Load;
  readonly #served: Served;
  readonly #revision: Revision;
  readonly #url: string;

  private constructor(served: Served, proxy: FaultyProxy, revision: Revision, socket: Socket, url: string) {
    this.#served = served;
    this.proxy = proxy;
    this.#revision = revision;
    this.socket = socket;
    this.load = new Load(socket);
    this.#url = url;
  }

  /** A WebSocket that wants to carry the session; `through` names the proxy if its network is to fail. */
  async candidate(through?: FaultyProxy): Promise<RawWebSocket> {
    const query = `&EIO=${this.#revision}&sid=${this.socket.id}`;
    return new RawWebSocket((through ?? this.#served).port, query, PATH).opened();
  }

  /** A candidate that has been answered. */
  async probed(candidate?: RawWebSocket): Promise<RawWebSocket> {
    candidate ??= await this.candidate();
    candidate.send("2probe");
    assert.deepEqual(await candidate.receive(1), ["3probe"]);
    return candidate;
  }

  /** How long the server waits for the switch of candidates that come from now on. */
  set patienceMs(upgradeTimeout: number) {
    this.#served.engine.opts.upgradeTimeout = upgradeTimeout;
  }

  /** Until the server has forgotten a candidate. */
  async givenUp(): Promise<void> {
    await until(() => !this.socket.upgrading);
  }

  /** Until so many more messages have come up. */
  async progress(count: number): Promise<void> {
    const { up } = this.load;
    const target = up.length + count;
    await until(() => up.length >= target);
  }

  /** Polls and posts as clients do, until `attempt` has led to a candidate that was answered; then switches. */
  async run(attempt: (upgrader: this) => Promise<RawWebSocket>): Promise<RawWebSocket> {
    const { load } = this;
    const state = { isProbed: false };
    const polls = async (): Promise<void> => {
      while (!state.isProbed) load.arrived(await this.#poll());
    };
    const posts = async (): Promise<void> => {
      while (!state.isProbed) await this.#post(load.next(3));
      // Nobody else answers the last poll if there was no probe.
      await this.#post(load.next(3));
    };
    const attempts = async (): Promise<RawWebSocket> => {
      await this.progress(6);
      const candidate = await attempt(this);
      state.isProbed = true;
      return candidate;
    };
    const [candidate] = await Promise.all([attempts(), polls(), posts()]);
    assert.ok(load.down.length > 0);
    // What this makes the server send finds no poll: the switch takes it along.
    await this.#post(load.next(3));
    candidate.send("5", ...load.next(200));
    while (load.down.length < 2 * load.sentUp) load.arrived((await candidate.receive(1)) as string[]);
    return candidate;
  }

  async #poll(): Promise<string[]> {
    const { status, body } = await http(this.#served.port, "GET", this.#url);
    assert.equal(status, 200, body);
    if (this.#revision === 4) return body.split("\u001e");
    const packets: string[] = [];
    for (let rest = body; rest !== "";) {
      const colon = rest.indexOf(":");
      const end = colon + 1 + Number(rest.slice(0, colon));
      packets.push(rest.slice(colon + 1, end));
      rest = rest.slice(end);
    }
    return packets;
  }

  async #post(packets: readonly string[]): Promise<void> {
    const body =
      this.#revision === 4 ? packets.join("\u001e") : packets.map((packet) => `${packet.length}:${packet}`).join("");
    const headers = { "Content-type": "text/plain;charset=UTF-8" };
    assert.equal((await http(this.#served.port, "POST", this.#url, body, headers)).body, "ok");
  }
}

/** Enough to open a connection and to probe. */
const SHORT_MS = 150;
const LONG_MS = 10_000;

/** How a client comes to a candidate that was answered. */
const ATTEMPTS: Record<string, (upgrader: Upgrader) => Promise<RawWebSocket>> = {
  "a probe": (upgrader) => upgrader.probed(),

  "a probe that comes byte by byte": async (upgrader) => {
    upgrader.proxy.split(1);
    return upgrader.probed(await upgrader.candidate(upgrader.proxy));
  },

  "a probe that the network holds back": async (upgrader) => {
    const candidate = await upgrader.candidate(upgrader.proxy);
    upgrader.proxy.hold();
    candidate.send("2probe");
    await upgrader.progress(60);
    upgrader.proxy.forward();
    assert.deepEqual(await candidate.receive(1), ["3probe"]);
    return candidate;
  },

  "a probe that is lost": async (upgrader) => {
    upgrader.patienceMs = SHORT_MS;
    const lost = await upgrader.candidate(upgrader.proxy);
    upgrader.proxy.halfOpen();
    lost.send("2probe");
    await upgrader.givenUp();
    lost.terminate();
    upgrader.patienceMs = LONG_MS;
    return upgrader.probed();
  },

  "a probe whose answer is lost": async (upgrader) => {
    upgrader.patienceMs = SHORT_MS;
    const lost = await upgrader.candidate(upgrader.proxy);
    const upgrading = once(upgrader.socket, "upgrading");
    lost.send("2probe");
    await upgrading;
    upgrader.proxy.halfOpen();
    await upgrader.givenUp();
    lost.terminate();
    upgrader.patienceMs = LONG_MS;
    return upgrader.probed();
  },

  "a probe that is repeated": async (upgrader) => {
    const candidate = await upgrader.candidate();
    for (let time = 0; time < 20; time++) {
      await upgrader.probed(candidate);
      await upgrader.progress(3);
    }
    return candidate;
  },

  "twenty probes at once": async (upgrader) => {
    const candidate = await upgrader.candidate();
    candidate.send(...Array.from({ length: 20 }, () => "2probe"));
    assert.deepEqual(new Set(await candidate.receive(20)), new Set(["3probe"]));
    return candidate;
  },

  "candidates that are abandoned, before the probe and after it": async (upgrader) => {
    for (let time = 0; time < 6; time++) {
      const candidate = await upgrader.candidate();
      if (time % 2 === 0) await upgrader.probed(candidate);
      if (time % 3 === 0) candidate.close();
      else candidate.terminate();
      await upgrader.givenUp();
    }
    return upgrader.probed();
  },

  "a candidate that never switches": async (upgrader) => {
    upgrader.patienceMs = SHORT_MS;
    const idle = await upgrader.probed();
    assert.deepEqual(await idle.receive(1), ["closed 1005"]);
    upgrader.patienceMs = LONG_MS;
    return upgrader.probed();
  },

  "a candidate that never probes": async (upgrader) => {
    upgrader.patienceMs = SHORT_MS;
    const idle = await upgrader.candidate();
    assert.deepEqual(await idle.receive(1), ["closed 1005"]);
    upgrader.patienceMs = LONG_MS;
    return upgrader.probed();
  },

  "a candidate that sends a message too early": async (upgrader) => {
    const candidate = await upgrader.probed();
    candidate.send("4too early");
    assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
    return upgrader.probed();
  },

  "two candidates at once": async (upgrader) => {
    const first = await upgrader.candidate();
    const second = await upgrader.candidate();
    second.send("2probe", "5");
    assert.deepEqual(await second.receive(1), ["closed 1005"]);
    return upgrader.probed(first);
  },

  "no probe at all": (upgrader) => upgrader.candidate(),
};

for (const revision of [3, 4] as const) {
  describe(`under load in both directions nothing is lost or reordered by an upgrade, revision ${revision}`, () => {
    for (const [name, attempt] of Object.entries(ATTEMPTS)) {
      test(`with ${name}`, { timeout: 30_000 }, async (t) => {
        const upgrader = await Upgrader.open(t, revision);
        const candidate = await upgrader.run(attempt);
        upgrader.load.assertComplete();
        assert.equal(upgrader.socket.transport.name, "websocket");
        candidate.close();
      });
    }
  });
}
