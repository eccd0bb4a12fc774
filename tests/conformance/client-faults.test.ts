import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { CELLS, type Cell } from "./client/makers.ts";
import { insides, type Options, Stage } from "./client/stage.ts";
import { type Plan, Schedule, type Way } from "./client-faults/schedule.ts";

// Faults in an order that a seed decides. One of them alone: FAULT_SEED=17; upstream's client: FAULT_MAKER=upstream.

const { FAULT_SEED, FAULT_MAKER = "ours" } = process.env;

const cell = CELLS.find(({ maker }) => maker === FAULT_MAKER)!;

const SEEDS_OF_A_TEST = 17;

/** First seeds of the tests of each way. */
const FIRSTS: Readonly<Record<Way, readonly number[]>> = {
  polling: [1000, 1020, 1040, 1060],
  websocket: [2000, 2020, 2040, 2060],
  upgrade: [3000, 3020, 3040, 3060],
};

describe("a client on a network that fails", () => {
  for (const [way, firsts] of Object.entries(FIRSTS) as [Way, readonly number[]][]) {
    for (const first of firsts) {
      const last = first + SEEDS_OF_A_TEST - 1;
      test(`is connected in the end or says why not, over ${way}, seeds ${first} to ${last}`, async (t) => {
        const faults: string[] = [];
        for (let seed = first; seed <= last; seed++) {
          if (FAULT_SEED !== undefined && Number(FAULT_SEED) !== seed) continue;
          const fault = await faultOf(t, cell, { seed, way });
          if (fault !== null) faults.push(fault);
        }
        assert.equal(faults.join("\n\n"), "");
      });
    }
  }
});

describe("a fault in the client is seen by the schedules:", () => {
  const { NodeWebSocket } = cell.engine;

  test("one that swallows pongs", async (t) => {
    class Deaf extends NodeWebSocket {
      protected override write(packets: Parameters<InstanceType<typeof NodeWebSocket>["send"]>[0]): void {
        super.write(packets.filter(({ type }) => type !== "pong"));
      }
    }
    const options: Options = { transports: [Deaf] as never };
    assert.match(String(await faultOf(t, cell, { seed: 1, way: "websocket" }, options)), /ends a connection/);
  });

  test("one that does not tell of the end of its engine", async (t) => {
    const plant = ({ socket }: Schedule): void => {
      socket.io.on("open", () => {
        const { receiver } = insides(socket.io.engine);
        assert.equal(typeof receiver.close, "function");
        receiver.close = () => {};
      });
    };
    const found = await faultOf(t, cell, { seed: 1, way: "websocket" }, {}, plant);
    assert.match(String(found), /a connected Socket has an engine/);
  });

  test("one that tells the end twice", async (t) => {
    const plant = ({ socket }: Schedule): void => {
      socket.once("disconnect", (reason) => insides(socket).emitReserved("disconnect", reason));
    };
    assert.match(String(await faultOf(t, cell, { seed: 1, way: "websocket" }, {}, plant)), /what was told/);
  });

  test("one that does not try again", async (t) => {
    const plant = ({ socket }: Schedule): void => {
      socket.io.on("reconnect_attempt", () => (insides(socket.io)._reconnecting = false));
    };
    const options: Options = { reconnection: true };
    assert.match(String(await faultOf(t, cell, { seed: 1, way: "websocket" }, options, plant)), /closed, though/);
  });
});

/** What went wrong with a plan, with what was done until then; null if nothing. */
async function faultOf(
  t: TestContext,
  played: Cell,
  plan: Plan,
  options: Options = {},
  plant: (schedule: Schedule) => void = () => {},
): Promise<string | null> {
  let schedule: Schedule | undefined;
  try {
    await Stage.run(played, t, async (stage) => {
      schedule = await Schedule.begin(stage, plan, options);
      plant(schedule);
      await schedule.run();
    });
    return null;
  } catch (error) {
    const done = `done: ${schedule?.done.join(", ")}\ntold: ${schedule?.journal.entries.join(", ")}`;
    return `seed ${plan.seed} over ${plan.way}: ${(error as Error).message}\n${done}`;
  }
}
