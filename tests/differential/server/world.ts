import type { Server, Socket } from "socket.io";
import { insides, type Stage } from "../../conformance/server/stage.ts";
import { Clients } from "./clients.ts";
import { Log } from "./log.ts";
import type { Program, Setup, Step } from "./program.ts";
import { Performer } from "./performer.ts";
import { parserOf } from "./parsers.ts";
import { remoteSockets } from "./remote-sockets.ts";
import { Sessions } from "./sessions.ts";
import { Probes, UPGRADE_MS } from "./ways.ts";

/** Turns of the event loop after a round trip: what its answer has led to may take some. */
const TURNS = 6;

type Connection = Pick<Socket["conn"], "readyState" | "transport">;

/** Runs a program against the server of a stage. */
export class World {
  readonly log = new Log();
  readonly #stage: Stage;
  readonly #io: Server;
  readonly #clients: Clients;
  readonly #performer: Performer;
  readonly #probes: Probes;
  readonly #hasConnectTimeout: boolean;

  /** @param prepare is given the server before all else */
  static async run(stage: Stage, { setup, steps }: Program, prepare: (io: Server) => void): Promise<string[][]> {
    const { maker, parser: base } = stage.cell;
    const parser = parserOf(setup.parser, maker, base);
    const io = await stage.serve({
      cleanupEmptyChildNamespaces: setup.cleanupEmptyChildNamespaces,
      ...(setup.recovery && { connectionStateRecovery: setup.recovery }),
      // Longer than all that programs wait for.
      pingInterval: 1e9,
      connectTimeout: setup.connectTimeout ?? 1e9,
      ...(parser && { parser }),
      ...(setup.areRemote && { adapter: remoteSockets(stage.cell.adapter) }),
      serveClient: false,
      allowEIO3: setup.ways.includes("old"),
    });
    prepare(io);
    const world = new World(stage, io, setup);
    const { warn } = console;
    const { now } = Date;
    // Upstream measures the age of sessions by it.
    Date.now = () => performance.now();
    console.warn = (...args: unknown[]) => world.log.see("console", args.join(" "));
    try {
      for (const step of steps) {
        world.log.next();
        world.#take(step);
        await world.#settle();
      }
      world.log.next();
      await world.#close();
      return world.log.toSteps();
    } finally {
      console.warn = warn;
      Date.now = now;
    }
  }

  private constructor(stage: Stage, io: Server, setup: Setup) {
    this.#stage = stage;
    this.#io = io;
    this.#hasConnectTimeout = setup.connectTimeout !== null;
    const sessions = new Sessions(this.log, setup);
    this.#clients = new Clients(stage, this.log, setup, sessions);
    this.#probes = new Probes(io);
    this.#performer = new Performer(io, this.log, setup, sessions);
  }

  #take(step: Step): void {
    switch (step.do) {
      case "wait":
        this.#performer.begin(false);
        // Who has left its last namespace may stay for no longer than before (9.2, 9).
        if (this.#hasConnectTimeout && this.#clients.isSomebodyIdle) return;
        return this.#stage.clock.advance(step.ms);
      case "connect":
      case "leave":
      case "cut":
      case "say":
      case "answer":
      case "answer late":
        // What other packets of the same read have led to by then is nobody's business: see compare.ts.
        this.#performer.begin(this.#clients.sendsSeveral(step));
        return this.#clients.take(step);
      default:
        this.#performer.begin(false);
        return this.#performer.take(step);
    }
  }

  /** The end of each program. When clients learn of it depends on their transports. */
  async #close(): Promise<void> {
    this.#clients.isSilent = true;
    // The HTTP server waits for connections that are kept alive: nobody waits for it.
    void this.#io.close();
    await turns(TURNS);
  }

  async #settle(): Promise<void> {
    await this.#quiet();
    await this.#until(() => this.#clients.areUpgraded(this.#probes));
    if (!this.#probes.release()) return;
    await turns(TURNS);
    this.#stage.clock.advance(UPGRADE_MS);
    await this.#until(() => this.#clients.areUpgraded(this.#probes));
    await this.#quiet();
  }

  /** Until a round trip of all connections tells nothing new, and both ends agree on which there are, and can send. */
  async #quiet(): Promise<void> {
    let before: number;
    do {
      before = this.log.size;
      await this.#clients.roundTrip();
      await this.#until(() => this.#io.engine.clientsCount === this.#clients.openCount && this.#canSend());
      await turns(TURNS);
    } while (this.log.size !== before);
  }

  /** Whether all clients that poll wait for an answer. */
  #canSend(): boolean {
    const sessions = Object.values(insides(this.#io.engine).clients as Record<string, Connection>);
    return sessions.every(({ readyState, transport }) => readyState !== "open" || transport.writable);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await turns(1);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
