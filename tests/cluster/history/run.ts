import { Random } from "../../support/random.ts";
import { check, type Violation } from "./check.ts";
import type { FaultName } from "./faulty-adapters.ts";
import type { Fault, Question, Span, Stay } from "./history.ts";
import type { Member } from "./member.ts";
import { ADAPTER_NAMES, type AdapterName, type Answers, type Command } from "./node.ts";
import { Stage, type Peer } from "./stage.ts";

export interface RunOptions {
  readonly seed: number;
  /** How many things are done, or for how long, in ms. */
  readonly steps?: number;
  readonly forMs?: number;
  /** One node for each; those with a process of their own are killed. */
  readonly nodes: readonly ("local" | "child")[];
  /** By default the seed chooses one. */
  readonly adapter?: AdapterName | undefined;
  /** Of the adapter, which is over pub/sub then: what the checker is to find. */
  readonly fault?: FaultName;
}

export interface RunResult {
  readonly violations: readonly Violation[];
  readonly adapter: AdapterName;
  readonly emits: number;
  readonly deliveries: number;
  readonly faults: number;
  readonly questions: number;
}

const ROOMS = ["red", "green", "blue"];
const PEERS_PER_NODE = 3;
/** Nodes that are killed are replaced by others, so many times. */
const MAX_KILLS = 2;

/** Does things at random, the same ones for the same seed, and checks what has come of them. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, nodes, fault, adapter = ADAPTER_NAMES[seed % ADAPTER_NAMES.length]! } = options;
  const stage = await Stage.start(nodes, adapter, fault);
  const driver = new Driver(stage, new Random(seed));
  const lost: Violation[] = [];
  try {
    await driver.play(options);
  } catch (error) {
    // What never comes may be lost.
    lost.push({ rule: "lost", what: String(error) });
  }
  await stage.stop().catch(() => {});
  const { history } = stage;
  return {
    violations: [...lost, ...check(history)],
    adapter,
    emits: history.emits.length,
    deliveries: history.deliveries.length,
    faults: history.faults.length,
    questions: history.questions.length,
  };
}

class Driver {
  readonly #stays = new Map<string, Stay>();
  readonly #asked: Promise<void>[] = [];
  #cuts: Fault[] = [];
  #held: Member[] = [];
  #isRedisHeld = false;
  #kills = 0;

  constructor(
    private readonly stage: Stage,
    private readonly random: Random,
  ) {}

  async play({ steps = Infinity, forMs = Infinity }: RunOptions): Promise<void> {
    const { stage } = this;
    for (const member of stage.members) {
      for (let count = 0; count < PEERS_PER_NODE; count++) await stage.connect(member);
    }
    for (const peer of stage.peers) this.#enter(peer, this.random.pick(ROOMS));
    await stage.fence();
    const started = performance.now();
    for (let step = 0; step < steps && performance.now() - started < forMs; step++) {
      await this.#step();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#calm();
    await stage.fence();
    await Promise.all(this.#asked);
  }

  async #step(): Promise<void> {
    const { stage } = this;
    const dice = this.random.next();
    if (dice < 0.55) return this.#emitSome();
    if (dice < 0.75) return this.#move(this.random.pick(stage.peers));
    if (dice < 0.83) return this.#ask(dice < 0.79 ? "fetchSockets" : "emitWithAck");
    if (dice < 0.87) return this.#replace(this.random.pick(stage.peers));
    if (dice < 0.91) {
      await this.#calm();
      return void (await stage.fence());
    }
    if (dice < 0.95) return this.#slowDown();
    if (dice < 0.985) return this.#cutOff();
    return this.#kill();
  }

  #emitSome(): void {
    for (let count = Math.ceil(this.random.next() * 4); count > 0; count--) {
      this.stage.emit(
        this.random.pick(this.stage.members),
        this.random.next() < 0.8 ? this.random.pick(ROOMS) : undefined,
      );
    }
  }

  /** Into a room, or out of it. */
  #move(peer: Peer): void {
    const room = this.random.pick(ROOMS);
    const stay = this.#stays.get(`${peer.life.id} ${room}`);
    if (stay === undefined) this.#enter(peer, room);
    else this.#leave(peer, stay);
  }

  /** Over sharded pub/sub that lasts until Redis is back. */
  #enter({ life }: Peer, room: string): void {
    const { history } = this.stage;
    const stay = { socket: life.id, room, join: history.begin(), leave: { invoked: Infinity, completed: Infinity } };
    history.stays.push(stay);
    this.#stays.set(`${life.id} ${room}`, stay);
    this.#perform(life.node, { do: "join", socket: life.id, room }, stay.join);
  }

  #leave({ life }: Peer, { room, leave }: { room: string; leave: Span }): void {
    leave.invoked = this.stage.history.now();
    this.#stays.delete(`${life.id} ${room}`);
    this.#perform(life.node, { do: "leave", socket: life.id, room }, leave);
  }

  #perform(node: string, command: Command, span: Span): void {
    const { history, members } = this.stage;
    members
      .find(({ name }) => name === node)!
      .perform(command)
      .then(
        () => void (span.completed = history.now()),
        // It was killed.
        () => {},
      );
  }

  /** Another client in place of one. */
  async #replace(peer: Peer): Promise<void> {
    this.stage.disconnect(peer);
    await this.stage.connect(this.random.pick(this.stage.members));
    this.#enter(this.stage.peers.at(-1)!, this.random.pick(ROOMS));
  }

  #ask(kind: Question["kind"]): void {
    const { history, members } = this.stage;
    const member = this.random.pick(members);
    const room = kind === "emitWithAck" ? this.random.pick(ROOMS) : undefined;
    const span = history.begin();
    const question: Question = Object.assign(span, { kind, from: member.name, room, answers: [], failed: true });
    history.questions.push(question);
    const asked = member.perform(kind === "emitWithAck" ? { do: kind, room: room! } : { do: kind });
    const settled = asked.then(
      (answers) => void Object.assign(question, answers as Answers, { completed: history.now() }),
      // It was killed.
      () => void Object.assign(question, { completed: history.now() }),
    );
    this.#asked.push(settled);
  }

  /** Redis, or the way of one node to it, stands still; nothing is lost by that. */
  #slowDown(): void {
    if (this.random.next() < 0.3) {
      this.#isRedisHeld = true;
      this.stage.redis.process.kill("SIGSTOP");
      return;
    }
    const member = this.random.pick(this.stage.members);
    if (this.#cuts.some(({ node }) => node === member.name)) return;
    member.proxy.hold();
    this.#held.push(member);
  }

  /** One node, or one after the other all of them: a partition. */
  async #cutOff(): Promise<void> {
    this.#goOn();
    const member = this.random.pick(this.stage.members);
    if (this.#cuts.some(({ node }) => node === member.name)) return;
    this.#cuts.push(await this.stage.cut(member, () => this.#emitSome()));
  }

  async #kill(): Promise<void> {
    const { members } = this.stage;
    if (this.#kills >= MAX_KILLS) return;
    const mortal = members.find(({ kill }) => kill !== undefined);
    if (mortal === undefined) return;
    await this.#calm();
    this.#kills++;
    // Some of it is under way.
    for (let count = 0; count < 3; count++) this.stage.emit(mortal, this.random.pick(ROOMS));
    await this.stage.kill(mortal);
    const arrival = this.stage.history.begin();
    this.stage.history.arrivals.push(arrival);
    await this.stage.addNode("child");
    await this.stage.counted();
    arrival.completed = this.stage.history.now();
    const replacement = members.at(-1)!;
    for (let count = 0; count < PEERS_PER_NODE; count++) await this.stage.connect(replacement);
    await this.stage.fence();
  }

  #goOn(): void {
    if (this.#isRedisHeld) this.stage.redis.process.kill("SIGCONT");
    this.#isRedisHeld = false;
    for (const { proxy } of this.#held.splice(0)) proxy.forward();
  }

  /** All faults end. */
  async #calm(): Promise<void> {
    this.#goOn();
    const cuts = this.#cuts;
    this.#cuts = [];
    if (cuts.length > 0) await this.stage.heal(cuts);
  }
}
