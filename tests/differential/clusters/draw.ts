import { Random } from "../../support/random.ts";
import type { Plain } from "../server/values.ts";
import type { Act, HowToAnswer, Program, Room, Setting, Source, Step, Target } from "./program.ts";

/** The program of a seed. */
export function draw(seed: number): Program {
  const random = new Random(seed);
  const setting = drawSetting(random);
  const steps: Step[] = [];
  for (let client = 0; client < CLIENTS; client++) {
    const act: Act = { do: "connect", client, nsp: drawNamespace(random) };
    if (isThere(act, setting) && random.next() < 0.9) steps.push({ act, settles: true });
  }
  for (let left = random.between(12, 40); left > 0; left--) {
    const settles = random.next() < 0.75;
    steps.push({ act: drawAct(random, setting), settles });
  }
  return { setting, steps };
}

/** Two of each node, or nearly. */
export const CLIENTS = 5;

function drawSetting(random: Random): Setting {
  const adapter = random.pick(["pub/sub", "pub/sub", "sharded", "streams", "streams", "bases"] as const);
  return {
    adapter,
    options: OPTIONS[adapter](random),
    nodes: random.pick([2, 2, 3]),
    busy: random.next() < 0.3,
    recovers: adapter === "streams" && random.next() < 0.6,
    cleans: random.next() < 0.3 && adapter !== "streams",
    turned: random.next() < 0.5,
  };
}

const OPTIONS: Readonly<Record<Setting["adapter"], (random: Random) => Record<string, unknown>>> = {
  "pub/sub": (random) => ({
    ...(random.next() < 0.3 && { publishOnSpecificResponseChannel: true }),
    ...(random.next() < 0.3 && { key: "k#*?" }),
    ...(random.next() < 0.3 && { requestsTimeout: 300 }),
    ...(random.next() < 0.2 && { parser: "JSON" }),
  }),
  sharded: (random) => ({ subscriptionMode: random.pick(["dynamic", "static", "dynamic-private"]) }),
  streams: (random) => ({
    ...(random.next() < 0.3 && { streamCount: 3 }),
    ...(random.next() < 0.3 && { useShardedPubSub: true }),
    ...(random.next() < 0.2 && { readCount: 1 }),
  }),
  bases: () => ({}),
};

/** How often each act is drawn. */
const WEIGHTS: readonly (readonly [weight: number, draw: (random: Random) => Act])[] = [
  [8, (random) => ({ do: "connect", client: drawClient(random), nsp: drawNamespace(random) })],
  [2, (random) => ({ do: "disconnect", client: drawClient(random), nsp: drawNamespace(random) })],
  [4, (random) => ({ do: "cut", client: drawClient(random) })],
  [6, (random) => ({ do: "return", client: drawClient(random), node: drawNode(random) })],
  [10, (random) => ({ do: "join", client: drawClient(random), nsp: drawNamespace(random), rooms: drawRooms(random) })],
  [3, (random) => ({ do: "leave", client: drawClient(random), nsp: drawNamespace(random), rooms: drawRooms(random) })],
  [3, (random) => ({ do: "data", client: drawClient(random), nsp: drawNamespace(random), value: drawData(random) })],
  [4, (random) => ({ do: "answer", client: drawClient(random), how: drawAnswer(random) })],
  [2, () => ({ do: "answer late" })],
  [
    16,
    (random) => ({
      do: "emit",
      from: drawSource(random),
      nsp: random.next() < 0.1 ? PARENTS : drawNamespace(random),
      target: drawTarget(random),
      args: drawArgs(random),
    }),
  ],
  [
    10,
    (random) => ({
      do: "ask",
      from: drawSource(random),
      nsp: drawNamespace(random),
      target: drawTarget(random),
      args: drawArgs(random),
      timeout: random.pick([50, 200, 1000]),
      answer: random.pick(["callback", "promise"]),
    }),
  ],
  [
    6,
    (random) => ({ do: "fetch", node: drawNode(random), nsp: drawNamespace(random), target: drawTarget(random, 0.3) }),
  ],
  [1, (random) => ({ do: "all rooms", node: drawNode(random), nsp: drawNamespace(random) })],
  [1, (random) => ({ do: "count", node: drawNode(random), nsp: drawNamespace(random) })],
  [
    6,
    (random) => ({
      do: "move",
      node: drawNode(random),
      nsp: random.next() < 0.05 ? PARENTS : drawNamespace(random),
      target: drawTarget(random),
      call: random.pick(["socketsJoin", "socketsJoin", "socketsLeave"]),
      rooms: drawRooms(random),
    }),
  ],
  [
    2,
    (random) => ({
      do: "kick",
      node: drawNode(random),
      nsp: random.next() < 0.05 ? PARENTS : drawNamespace(random),
      target: drawTarget(random, 1),
      close: random.next() < 0.3,
    }),
  ],
  [
    5,
    (random) => ({
      do: "remote",
      node: drawNode(random),
      nsp: drawNamespace(random),
      target: drawTarget(random),
      call: random.pick(["join", "join", "leave", "emit", "emit", "ask", "disconnect", "close"]),
      rooms: drawRooms(random),
    }),
  ],
  [
    3,
    (random) => ({
      do: "remote later",
      nsp: drawNamespace(random),
      call: random.pick(["join", "leave", "emit", "ask", "disconnect"]),
      rooms: drawRooms(random),
    }),
  ],
  [
    7,
    (random) => ({
      do: "tell servers",
      node: drawNode(random),
      nsp: drawNamespace(random),
      args: drawArgs(random),
      answer: random.pick(["none", "callback", "promise"]),
    }),
  ],
  [3, (random) => ({ do: "servers answer", node: drawNode(random), how: drawAnswer(random) })],
  [
    6,
    (random) => ({
      do: "emitter",
      nsp: drawNamespace(random),
      target: drawTarget(random),
      call: random.pick(["emit", "emit", "emit", "socketsJoin", "socketsLeave", "disconnectSockets", "serverSideEmit"]),
      rooms: drawRooms(random),
      args: drawArgs(random),
    }),
  ],
  [1, (random) => ({ do: "close", node: drawNode(random) })],
  [3, (random) => ({ do: "start", node: drawNode(random) })],
  [4, (random) => ({ do: "time", ms: random.pick([1, 60, 250, 1100]) })],
];
const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function drawAct(random: Random, setting: Setting): Act {
  for (;;) {
    let at = random.next() * TOTAL;
    const [, drawn] = WEIGHTS.find(([weight]) => (at -= weight) < 0) ?? WEIGHTS[0]!;
    const act = drawn(random);
    if (isThere(act, setting)) return act;
  }
}

/** What is left out, since the adapters of upstream's make have it not, or fail: see subject.ts. */
function isThere(act: Act, { adapter, recovers }: Setting): boolean {
  const text = JSON.stringify(act);
  if (recovers && (text.includes('"volatile"') || (act.do === "emit" && act.nsp === PARENTS))) return false;
  if (adapter === "pub/sub") return !text.includes('"/a#b"');
  return act.do !== "all rooms" && act.do !== "emitter" && !(adapter !== "bases" && text.includes('"json"'));
}

const drawClient = (random: Random): number => random.between(0, CLIENTS - 1);
const drawNode = (random: Random): number => random.between(0, 2);

/** The parent namespace of the dynamic ones. */
export const PARENTS = "parents";

function drawNamespace(random: Random): string {
  return random.pick(["/", "/", "/", "/", "/", "/a", "/a", "/a#b", "/one", "/d-1", "/d-1", "/d-2"]);
}

function drawSource(random: Random): Source {
  return random.next() < 0.7 ? { node: drawNode(random) } : { client: drawClient(random) };
}

const ODD_ROOMS: readonly (string | number)[] = [
  ...[7, "7", "", "#", "*", "a,b", "r#1", "é😀", "__proto__", "r".repeat(20), "long".repeat(200), "0123456789abcdef"],
];

function drawRoom(random: Random): Room {
  const kind = random.next();
  if (kind < 0.7) return random.pick(["r1", "r1", "r1", "r2", "r2", "r3"]);
  return kind < 0.85 ? { own: drawClient(random) } : random.pick(ODD_ROOMS);
}

function drawRooms(random: Random): Room[] {
  return Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => drawRoom(random));
}

/** @param flags how often there is one */
function drawTarget(random: Random, flags = 1): Target {
  return {
    to: random.next() < 0.35 ? [] : drawRooms(random),
    except: random.next() < 0.7 ? [] : drawRooms(random),
    ...(random.next() < 0.15 * flags && { local: true }),
    ...(random.next() < 0.1 * flags && { volatile: true }),
    ...(random.next() < 0.1 * flags && { compress: random.next() < 0.5 }),
  };
}

function drawAnswer(random: Random): HowToAnswer {
  return random.pick(["at once", "at once", "late", "never", "twice", "bytes", "nothing"]);
}

function drawArgs(random: Random): Plain[] {
  return Array.from({ length: random.pick([0, 1, 1, 2]) }, () => drawValue(random));
}

function drawValue(random: Random): Plain {
  return random.pick<Plain>([
    ...[1, -1.5, 2 ** 40, "x", "", "\u2028é😀", "y".repeat(300), true, null],
    ...([[], {}, { k: [1, { v: "w" }] }, { $: "bytes" }, { $: "no bytes" }, { $: "view" }, { $: "buffer" }] as Plain[]),
    ...([{ deep: [{ $: "bytes" }] }, { $: "undefined" }, { u: { $: "undefined" } }, { $: "date" }] as Plain[]),
    ...([{ $: "nan" }, { $: "json" }, { $: "map" }] as Plain[]),
  ]);
}

function drawData(random: Random): Plain {
  return random.pick<Plain>([{ n: 1 }, { n: [1, "x"] }, {}, "text", { b: { $: "bytes" } }, { d: { $: "date" } }]);
}
