import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import fc from "fast-check";
import { Socket as Client } from "engine.io-client";
import { start, type Release, type SetUp, type Victim } from "../../hostile/victim.ts";
import { RawPolling } from "../../support/raw-peer.ts";
import { split } from "../arbitraries.ts";
import type { Fuzzer, Target } from "../fuzzer.ts";
import { bytesOfVisit, SID, visit, type Visit } from "../support/requests.ts";

interface Input {
  /** At the same time. */
  readonly visits: readonly Visit[];
}

const MIB = 1024 * 1024;

const OURS: Release = { maker: "ours", name: "engine.io", kind: "engine.io", version: /^/ };

/** Sends every message back, and keeps no session for long that nobody speaks for. */
const echo: SetUp = (world) => {
  world.ready = ({ engine }) => {
    engine.on("connection", (socket) => {
      socket.on("message", (data: string) => socket.send(data));
    });
  };
  return { allowEIO3: true, pingInterval: 2000, pingTimeout: 5000, upgradeTimeout: 1000, destroyUpgradeTimeout: 100 };
};

/** Requests to a live server, upgrades included, of several peers at once. It runs in a process of its own. */
export function http(release: Release = OURS, setUp: SetUp = echo): Fuzzer<Input> {
  return {
    name: "http",
    inputs: fc.record({ visits: fc.array(visit, { minLength: 1, maxLength: 4 }) }),
    start: () => Subject.start(release, setUp),
  };
}

class Subject implements Target<Input> {
  readonly #ends: (() => unknown)[];
  readonly #victim: Victim;
  readonly #healthy: Client;
  readonly #memoryBefore: number;
  #asked = 0;

  private constructor(ends: (() => unknown)[], victim: Victim, healthy: Client, memoryBefore: number) {
    this.#ends = ends;
    this.#victim = victim;
    this.#healthy = healthy;
    this.#memoryBefore = memoryBefore;
  }

  static async start(release: Release, setUp: SetUp): Promise<Subject> {
    const ends: (() => unknown)[] = [];
    const victim = await start({ after: (end) => void ends.push(end as () => unknown) }, release, setUp);
    const healthy = new Client(`http://127.0.0.1:${victim.port}`, { transports: ["websocket"] });
    await new Promise<void>((resolve, reject) => {
      healthy.once("open", () => resolve());
      healthy.once("close", (reason) => reject(new Error(`the client beside them did not connect: ${reason}`)));
    });
    return new Subject(ends, victim, healthy, await victim.memory());
  }

  async feed({ visits }: Input): Promise<void> {
    const sid = visits.some(({ query }) => query.some(([, value]) => value === SID)) ? await this.#openSession() : "";
    const peers = await Promise.all(visits.map((one) => this.#pay(one, sid)));
    // By the second answer, what was written before the first has been read, and what that led to has happened.
    await this.#serves();
    await this.#serves();
    for (const peer of peers) peer.destroy();
    await this.#serves();
  }

  /** Once all peers and their sessions are gone, so is what they needed. */
  async settle(): Promise<void> {
    await this.#victim.ask(async ({ engine, http: server }) => {
      const clients = Object.values(
        (engine as unknown as { clients: Record<string, { transport: { name: string }; close(now: boolean): void }> })
          .clients,
      );
      // The one that came first.
      for (const client of clients.slice(1)) client.close(true);
      const connections = (): Promise<number> =>
        new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
      while ((await connections()) > 1) await new Promise((resolve) => setImmediate(resolve));
    });
    assert.deepEqual(
      await this.#victim.ask(({ engine, open }) => [engine.clientsCount, open]),
      [1, 0],
      "sessions, requests",
    );
    const growth = (await this.#victim.memory()) - this.#memoryBefore;
    assert.ok(growth < 16 * MIB, `the server has grown by ${growth} bytes`);
  }

  stop(): void {
    this.#healthy.close();
    for (const end of this.#ends) end();
  }

  async #openSession(): Promise<string> {
    const session = new RawPolling(this.#victim.port, "/engine.io/");
    await session.handshake();
    return session.sid;
  }

  async #pay(one: Visit, sid: string): Promise<TcpSocket> {
    const peer = connect(this.#victim.port, "127.0.0.1");
    peer.on("error", () => {}).resume();
    await once(peer, "connect").catch(() => {});
    for (const part of split(bytesOfVisit(one, sid), one.cuts)) {
      await new Promise<void>((resolve) => peer.write(part, () => resolve()));
    }
    if (one.leaves === "at once") peer.destroy();
    if (one.leaves === "by a reset") peer.resetAndDestroy();
    if (one.leaves === "half") peer.end();
    return peer;
  }

  /** The client beside them gets its answer. */
  async #serves(): Promise<void> {
    const healthy = this.#healthy;
    const question = `${++this.#asked}`;
    let onMessage = (_data: unknown): void => {};
    let onClose = (): void => {};
    const answered = new Promise<boolean>((resolve) => {
      onMessage = (data) => void (data === question && resolve(true));
      onClose = () => resolve(false);
    });
    healthy.on("message", onMessage).on("close", onClose);
    healthy.send(question);
    const isAnswered = healthy.readyState === "open" && (await answered);
    healthy.off("message", onMessage).off("close", onClose);
    if (isAnswered) return;
    // Says why, if the process has ended.
    await this.#victim.ask(() => true);
    assert.fail("the client beside them was disconnected");
  }
}
