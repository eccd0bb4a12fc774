import assert from "node:assert/strict";
import fc from "fast-check";
import type { Packet } from "../../../packages/engine.io-parser/src/packet.ts";
import { Pair, type Side } from "../../support/pair.ts";
import { memoryWebSocket, type MemoryWebSocket } from "../../support/virtual-network.ts";
import type { Fuzzer } from "../fuzzer.ts";

type Step =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "send"; readonly from: "client" | "server"; readonly count: number }
  | { readonly do: "break"; readonly end: "client" | "server" }
  | { readonly do: "rival"; readonly says: readonly Packet[] }
  | { readonly do: "upgrade" | "hold polls" | "release polls" | "close client" | "close server" | "silence" };

interface Input {
  readonly network: { readonly latencyMs: number; readonly jitterMs: number; readonly seed: number };
  readonly steps: readonly Step[];
}

const rivalPacket = fc.constantFrom<Packet>(
  { type: "ping", data: "probe" },
  { type: "ping" },
  { type: "upgrade" },
  { type: "message", data: "rival" },
  { type: "close" },
  { type: "error", data: "parser error" },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 1, 3, 10, 50, 500) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      from: fc.constantFrom("client" as const, "server" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Step>({ do: "upgrade" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("break" as const),
      end: fc.constantFrom("client" as const, "server" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("rival" as const), says: fc.array(rivalPacket, { maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: "hold polls" }, { do: "release polls" }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "close client" }, { do: "close server" }, { do: "silence" }) },
);

/** Longer than anything that a session waits for, in ms. */
const ALL_TIME_MS = 200_000;

/** Two sessions over a virtual network, that move to a WebSocket while messages are under way and connections break. */
export function upgradeRaces(plant: (pair: Pair) => void = () => {}): Fuzzer<Input> {
  return {
    name: "upgrade-races",
    inputs: fc.record({
      network: fc.record({
        // Never none: who polls without end then does so without an end of time.
        latencyMs: fc.constantFrom(2, 10, 30),
        jitterMs: fc.constantFrom(0, 0, 5, 40),
        seed: fc.nat(1000),
      }),
      steps: fc.array(step, { maxLength: 25 }),
    }),
    start: () => ({ feed: (input) => new Race(input, plant).run() }),
  };
}

class Race {
  readonly #pair: Pair;
  readonly #steps: readonly Step[];
  readonly #sent = { client: [] as string[], server: [] as string[] };
  #sockets: { readonly client: MemoryWebSocket; readonly server: MemoryWebSocket } | undefined;
  /** Nothing was done to the session but sending, waiting and probing: nothing may be lost. */
  #isPeaceful = true;
  /** Somebody else has moved the session to a connection of their own: what its client had on its way then is lost. */
  #isStolen = false;

  constructor({ network, steps }: Input, plant: (pair: Pair) => void) {
    this.#pair = new Pair(network);
    this.#steps = steps;
    plant(this.#pair);
    this.#pair.advance(200);
  }

  run(): void {
    for (const next of this.#steps) {
      this.#take(next);
      this.#checkOrder();
    }
    this.#pair.polling!.release();
    this.#pair.advance(ALL_TIME_MS);
    this.#checkOrder();
    this.#checkEnd();
  }

  #take(next: Step): void {
    const pair = this.#pair;
    switch (next.do) {
      case "wait":
        return pair.advance(next.ms);
      case "send":
        for (let at = 0; at < next.count; at++) this.#send(next.from);
        return;
      case "upgrade":
        if (
          pair.client.session.state === "open" &&
          pair.client.session.transport.name === "polling" &&
          pair.server.session.upgrade === null
        ) {
          this.#sockets = pair.upgrade();
        }
        return;
      case "break":
        // Of a session that has moved, it is the only connection that there is.
        if (this.#sockets !== undefined) this.#isPeaceful = false;
        return this.#sockets?.[next.end].break({ reason: "transport error" });
      case "rival":
        this.#isPeaceful = false;
        return this.#rival(next.says);
      case "hold polls":
        pair.polling!.held ??= [];
        return;
      case "release polls":
        return pair.polling!.release();
      case "close client":
        this.#isPeaceful = false;
        pair.client.session.close();
        return;
      case "close server":
        this.#isPeaceful = false;
        pair.server.session.close();
        return;
      case "silence":
        this.#isPeaceful = false;
        pair.network.drop = true;
    }
  }

  /** Somebody else who knows the id of the session. */
  #rival(says: readonly Packet[]): void {
    const { session } = this.#pair.server;
    if (session.state !== "open" || session.upgrade !== null) return;
    const [peer, candidate] = memoryWebSocket(this.#pair.network);
    this.#pair.acceptUpgrade(candidate);
    if (says.some(({ type }) => type === "upgrade")) this.#isStolen = true;
    peer.send(says);
  }

  #send(from: "client" | "server"): void {
    const { session } = this.#pair[from];
    if (session.state !== "open") return;
    const data = `${from} ${this.#sent[from].length}`;
    this.#sent[from].push(data);
    session.send({ type: "message", data });
  }

  /** What has arrived is the beginning of what was sent; of a session that was stolen, some of it, once and in order. */
  #checkOrder(): void {
    for (const [from, to] of [
      ["client", "server"],
      ["server", "client"],
    ] as const) {
      const received = this.#pair[to].received.filter((data) => data !== "rival");
      const sent = this.#sent[from];
      const expected = this.#isStolen ? sent.filter((data) => received.includes(data)) : sent.slice(0, received.length);
      assert.deepEqual(received, expected, `what came from the ${from}`);
    }
  }

  #checkEnd(): void {
    const { client, server } = this.#pair;
    for (const side of [client, server] as Side<{ readonly state: string }>[]) {
      const ends = side.log.filter((entry) => entry.startsWith("close"));
      assert.equal(
        ends.length,
        side.session.state === "closed" ? 1 : 0,
        `${side.session.state}: ${side.log.join(", ")}`,
      );
      assert.ok(["open", "closed"].includes(side.session.state), `for ever ${side.session.state}`);
    }
    assert.equal(client.session.state, server.session.state, "one side has not heard of the end");
    if (!this.#isPeaceful) return;
    assert.equal(
      client.session.state,
      "open",
      `closed without a reason: ${client.log.join(", ")} | ${server.log.join(", ")}`,
    );
    assert.equal(server.received.length, this.#sent.client.length, "what the client has sent is lost");
    assert.equal(client.received.length, this.#sent.server.length, "what the server has sent is lost");
    assert.equal(client.session.transport.name, server.session.transport.name);
  }
}
