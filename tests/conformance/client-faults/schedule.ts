import assert from "node:assert/strict";
import type { Server } from "socket.io";
import type { Socket } from "socket.io-client";
import type { FaultyProxy } from "../../support/faulty-proxy.ts";
import type { Options, Stage } from "../client/stage.ts";
import { Journal } from "./journal.ts";
import { Random } from "../../support/random.ts";

export type Way = "polling" | "websocket" | "upgrade";

export interface Plan {
  readonly seed: number;
  readonly way: Way;
}

const WAYS: Readonly<Record<Way, Options["transports"]>> = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

const HEARTBEAT = { pingInterval: 5000, pingTimeout: 4000 };

/** Time moves in such bits, in ms; between them there are so many turns for what is on its way. */
const STEP_MS = 250;
const TURNS = 4;

/**
 * How long a client may take to be back on a network that works again, in ms: a link that is half-open is noticed within the
 * heartbeat, an attempt that hangs within 20 s, and the next one follows within 5 s.
 */
const BACK_WITHIN_MS = 60_000;

/** How long a connection is watched at the end that nothing disturbs. */
const CALM_MS = 30_000;

/** One client, a server, and a network between them on which things go wrong as the seed has it. */
export class Schedule {
  readonly socket: Socket;
  readonly journal: Journal;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #proxy: FaultyProxy;
  readonly #options: object;
  #io: Server;
  /** What was done, for who has to find out what went wrong. */
  readonly done: string[] = [];
  #sent = 0;
  readonly #heard = { server: [0], client: [0] };
  readonly #answers: Promise<unknown>[] = [];
  #unsettled = 0;

  static async begin(stage: Stage, { seed, way }: Plan, options: Options = {}): Promise<Schedule> {
    const random = new Random(seed);
    const serverOptions = { ...HEARTBEAT, ...(random.next() < 0.5 && { connectionStateRecovery: {} }) };
    const io = await stage.serve(serverOptions);
    const proxy = await stage.proxy();
    const socket = stage.client("/", { transports: WAYS[way]!, reconnection: random.next() < 0.8, ...options });
    return new Schedule(stage, random, proxy, io, socket, serverOptions);
  }

  private constructor(stage: Stage, random: Random, proxy: FaultyProxy, io: Server, socket: Socket, options: object) {
    this.#stage = stage;
    this.#random = random;
    this.#proxy = proxy;
    this.#options = options;
    this.#io = io;
    this.socket = socket;
    this.journal = new Journal(socket);
    socket.on("n", (n: number) => this.#heard.client.push(n));
    this.#attend(io);
  }

  /** Lets things go wrong, then repairs the network and sees that all is well. */
  async run(): Promise<void> {
    const events = this.#random.between(4, 12);
    for (let event = 0; event < events; event++) {
      const [name, act] = this.#random.pick(this.#events());
      this.done.push(name);
      await act();
      this.#talk();
      await this.#pass(this.#random.between(0, 12_000));
      this.journal.assertNoLimbo();
      if (!this.socket.active && this.#random.next() < 0.5) this.socket.connect();
    }
    this.done.push("repair");
    this.#proxy.split(Infinity);
    this.#proxy.forward();
    await this.#comesBack();
    await this.#staysCalm();
  }

  async #comesBack(): Promise<void> {
    const { socket } = this;
    // Without reconnection a loss is for good; that it was told has been seen.
    for (let left = BACK_WITHIN_MS; left > 0 && !socket.connected; left -= STEP_MS) {
      const isOver = !socket.active || (!socket.io.reconnection() && /^(dis|connect_)/.test(this.journal.last));
      if (isOver) socket.connect();
      await this.#pass(STEP_MS);
      this.journal.assertNoLimbo();
    }
    assert.equal(socket.connected, true, `connected again; last: ${this.journal.last}`);
  }

  async #staysCalm(): Promise<void> {
    // What is left of the faults may still end this connection: what was swallowed is missed by the heartbeat.
    await this.#pass(HEARTBEAT.pingInterval + HEARTBEAT.pingTimeout);
    if (!this.socket.connected) await this.#comesBack();
    const before = this.journal.entries.length;
    let answer: unknown;
    const keep = (value: unknown): void => void (answer = value);
    void this.socket.emitWithAck("ask", "fence").then(keep, keep);
    this.#talk();
    await this.#pass(CALM_MS);
    assert.equal(answer, "fence", "a question is answered");
    assert.deepEqual(this.journal.entries.slice(before), [], "nothing ends a connection that nothing disturbs");
    assert.equal(this.#unsettled, 0, "questions that were neither answered nor rejected");
    await Promise.all(this.#answers);
    for (const [side, numbers] of Object.entries(this.#heard)) {
      const isOrdered = numbers.every((n, at) => at === 0 || n > numbers[at - 1]!);
      assert.ok(isOrdered, `the ${side} heard each number once at most, in order: ${numbers.join(" ")}`);
    }
    this.journal.assertNoLimbo();
  }

  #events(): (readonly [name: string, act: () => unknown])[] {
    const proxy = this.#proxy;
    const random = this.#random;
    const lasting = (name: string, begin: () => void) =>
      [
        name,
        async () => {
          begin();
          this.#talk();
          await this.#pass(random.between(0, 15_000));
          proxy.forward();
        },
      ] as const;
    return [
      ["cut", () => proxy.cut()],
      ["half-open links", () => (proxy.halfOpen(), proxy.forward())],
      lasting("half-open network", () => proxy.halfOpen()),
      lasting("delay", () => proxy.hold()),
      lasting("refusal", () => proxy.refuse()),
      ["pieces", () => proxy.split(random.between(1, 40))],
      ["whole again", () => proxy.split(Infinity)],
      ["throttle", () => this.#throttle()],
      ["the server ends the session", () => this.#io.sockets.sockets.forEach(({ conn }) => conn.close())],
      ["the server sends it away", () => this.#io.disconnectSockets()],
      ["the server restarts", () => this.#restart()],
      ["the engine is closed", () => this.socket.io.engine.close()],
      ["disconnect and connect", () => this.socket.disconnect().connect()],
    ];
  }

  /** Bytes come in gusts. */
  async #throttle(): Promise<void> {
    for (let gust = this.#random.between(2, 12); gust > 0; gust--) {
      this.#proxy.hold();
      this.#talk();
      await this.#pass(this.#random.between(50, 2000));
      this.#proxy.forward();
      for (let turn = this.#random.between(0, 3); turn > 0; turn--) await new Promise(setImmediate);
    }
  }

  async #restart(): Promise<void> {
    const old = this.#io;
    this.#io = await this.#stage.serve(this.#options);
    this.#attend(this.#io);
    this.#proxy.retarget(this.#stage.port);
    void old.close();
  }

  #attend(io: Server): void {
    io.on("connection", (socket) => {
      socket.on("n", (n: number) => this.#heard.server.push(n));
      socket.on("ask", (value: unknown, answer: (value: unknown) => void) => answer(value));
    });
  }

  /** Both sides say something, and the client asks something. */
  #talk(): void {
    for (let n = this.#random.between(0, 3); n > 0; n--) {
      this.#sent++;
      this.socket.emit("n", this.#sent);
      this.#io.emit("n", this.#sent);
      if (this.#random.next() < 0.3) this.socket.emit("n", ++this.#sent, Buffer.alloc(this.#random.between(0, 5000)));
      if (this.#random.next() < 0.5) this.#ask();
    }
  }

  #ask(): void {
    this.#unsettled++;
    const asked = this.#random.next() < 0.5 ? this.socket : this.socket.timeout(10_000);
    const settled = (): void => void this.#unsettled--;
    this.#answers.push(asked.emitWithAck("ask", 1).then(settled, settled));
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.#stage.clock.advance(Math.min(left, STEP_MS));
      for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
    }
  }
}
