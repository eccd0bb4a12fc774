import { Random } from "../../support/random.ts";
import { forMsgpack, SPECIALS, type Special } from "../server/values.ts";
import type { Act, Auth, OwnOptions, Program, SettingName, Setting, Step } from "./program.ts";

/** The program of a seed. */
export function draw(seed: number): Program {
  const random = new Random(seed);
  const setting = drawSetting(random);
  const steps: Step[] = [{ act: drawIo(random), settles: random.next() < 0.7 }];
  for (let left = random.between(19, 59); left > 0; left--) {
    const act = drawAct(random);
    // Over polling, on which connections requests go is no matter of this tester; half-open ones swallow for good.
    if (act.do === "network" && act.call === "halfOpen" && setting.transports.some((name) => name === "polling"))
      continue;
    steps.push({ act, settles: random.next() < 0.7 });
  }
  return { setting, steps: setting.parser === "msgpack" ? forMsgpack(steps) : steps };
}

function drawSetting(random: Random): Setting {
  return {
    transports: random.pick([["websocket"], ["websocket"], ["polling"], ["polling", "websocket"]] as const),
    recovery: random.next() < 0.4,
    parser: random.pick(["default", "default", "default", "default", "msgpack", "text", "revived"] as const),
    options: {
      reconnection: random.next() < 0.85,
      reconnectionDelay: random.pick([10, 40]),
      reconnectionDelayMax: random.pick([40, 100]),
      randomizationFactor: 0,
      ...(random.next() < 0.3 && { reconnectionAttempts: random.between(1, 3) }),
      ...(random.next() < 0.3 && { timeout: random.pick([false, 100, 250]) }),
      ...(random.next() < 0.15 && { autoConnect: false }),
      ...(random.next() < 0.1 && { forceBase64: true }),
      ...(random.next() < 0.1 && { upgrade: false }),
      ...(random.next() < 0.1 && { rememberUpgrade: true }),
      ...(random.next() < 0.1 && { tryAllTransports: true }),
    },
  };
}

/** How often each act is drawn. */
const WEIGHTS: readonly (readonly [weight: number, draw: (random: Random) => Act])[] = [
  [6, drawIo],
  [2, (random) => ({ do: "manager", manager: drawManagerOptions(random) })],
  [6, (random) => ({ do: "namespace", m: some(random), nsp: drawNamespace(random), own: drawOwn(random) })],
  [28, (random) => drawEmit(random)],
  [3, (random) => ({ do: "send", s: some(random), args: drawArgs(random) })],
  [14, (random) => ({ do: "socket", s: some(random), call: random.pick(["connect", "open", "disconnect", "close"]) })],
  [3, (random) => ({ do: "auth", s: some(random), auth: drawAuth(random) })],
  [5, drawListen],
  [5, drawAny],
  [3, () => ({ do: "answer" })],
  [3, drawWhenAny],
  [2, (random) => ({ do: "count", s: some(random), name: drawName(random) })],
  [1, drawEdit],
  [4, drawOpen],
  [2, (random) => ({ do: "close engine", m: some(random) })],
  [4, drawSet],
  [9, drawWhenSocket],
  [6, drawWhenManager],
  [10, drawServerEmits],
  [4, (random) => ({ do: "server disconnects", nsp: drawNamespace(random), close: random.next() < 0.4 })],
  [3, () => ({ do: "server answers" })],
  [2, () => ({ do: "server closes engines" })],
  [5, (random) => ({ do: "network", call: random.pick(["cut", "cut", "refuse", "hold", "halfOpen"]) })],
  [5, () => ({ do: "network", call: "forward" })],
  [16, drawTime],
];
const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function drawAct(random: Random): Act {
  let at = random.next() * TOTAL;
  for (const [weight, drawn] of WEIGHTS) {
    if (at < weight) return drawn(random);
    at -= weight;
  }
  return drawTime(random);
}

/** Which of those there are. */
const some = (random: Random): number => random.between(0, 5);

const drawNamespace = (random: Random): string =>
  random.pick(["/", "/", "/", "/a", "/a", "/hi", "/auth", "/slow", "/dyn-1", "/none"]);

const drawName = (random: Random): string => random.pick(["a", "b", "c", "message"]);

function drawIo(random: Random): Act {
  return {
    do: "io",
    nsp: drawNamespace(random),
    query: random.next() < 0.15 ? random.pick(["?x=1", "?x=2&y"]) : "",
    own: drawOwn(random),
    manager: random.next() < 0.5 ? {} : drawManagerOptions(random),
  };
}

function drawManagerOptions(random: Random): Record<string, unknown> {
  return {
    ...(random.next() < 0.4 && { forceNew: true }),
    ...(random.next() < 0.1 && { multiplex: false }),
    ...(random.next() < 0.3 && { autoConnect: random.next() < 0.3 }),
    ...(random.next() < 0.3 && { reconnection: random.next() < 0.5 }),
    ...(random.next() < 0.2 && { reconnectionAttempts: random.between(0, 2) }),
    ...(random.next() < 0.1 && { query: { q: "1" } }),
  };
}

function drawOwn(random: Random): OwnOptions {
  return {
    ...(random.next() < 0.3 && { auth: drawAuth(random) }),
    // Not `retries` alone: upstream's then takes what an answer begins with for an error (row C-121), and never gives up (row C-120).
    ...random.pick([
      {},
      {},
      {},
      { ackTimeout: 30 },
      { ackTimeout: 120 },
      { ackTimeout: 60, retries: random.between(0, 2) },
    ]),
  };
}

function drawAuth(random: Random): Auth {
  const kind = random.pick(["none", "object", "function", "late"] as const);
  if (kind === "none") return { kind };
  return { kind, value: random.pick([{}, { ok: true }, { bare: true }, { ok: true, n: 1 }]) };
}

/** @param isInner whether something else leads to it */
function drawEmit(random: Random, isInner?: boolean): Act {
  return {
    do: "emit",
    s: some(random),
    name: random.pick([
      "a",
      "b",
      "ask",
      "ask",
      "ask",
      "late",
      "mute",
      "twice",
      "back",
      "burst",
      "bye",
      "byeAll",
      "cut",
      random.pick([
        "connect",
        "connect",
        "connect_error",
        "disconnect",
        "newListener",
        "toString",
        "__proto__",
        "error",
        "",
      ]),
    ]),
    args: drawArgs(random),
    manner: {
      ...(random.next() < 0.12 && { volatile: true }),
      ...(random.next() < 0.25 && { timeout: random.pick([1, 30, 120]) }),
      ...(random.next() < 0.1 && { compress: random.next() < 0.5 }),
    },
    answer: random.pick(["none", "callback", "callback", "promise"]),
    ...(isInner !== true && random.next() < 0.1 && { leadsTo: drawReaction(random) }),
  };
}

function drawArgs(random: Random): unknown[] {
  return Array.from({ length: random.between(0, 2) }, () => drawValue(random));
}

/** Values as JSON has them, and `{ $bytes: n }`; texts are short, so that they are not taken for names of sessions. */
function drawValue(random: Random): unknown {
  return random.pick([
    1,
    "x",
    "\u2028\u00e9",
    null,
    true,
    { k: [1, { v: "y" }] },
    [],
    { $bytes: 3 },
    { in: { $bytes: 0 } },
    { $bytes: 200 },
    { $: random.pick(VALUES) },
  ]);
}

/** Not what cannot be encoded: docs/status.md. */
const VALUES = (Object.keys(SPECIALS) as Special[]).filter((name) => name !== "bigint");

function drawWhenAny(random: Random): Act {
  const call = random.pick(["onAny", "prependAny", "onAnyOutgoing", "prependAnyOutgoing"] as const);
  return { do: "when any", s: some(random), call, reaction: drawReaction(random) };
}

function drawEdit(random: Random): Act {
  const options = random.pick([
    { query: { e: "1" } },
    { query: {} },
    { transports: ["websocket"] },
    { transports: ["polling"] },
    { timeout: 90 },
    { forceBase64: true },
  ]);
  return { do: "edit", m: some(random), options };
}

function drawListen(random: Random): Act {
  const call = random.pick(["on", "on", "once", "off", "off all"] as const);
  return { do: "listen", s: some(random), call, name: drawName(random), listener: random.between(0, 2) };
}

function drawAny(random: Random): Act {
  const call = random.pick(["on", "on", "prepend", "off", "off all"] as const);
  return { do: "any", s: some(random), call, way: random.pick(["", "Outgoing"]), listener: random.between(0, 2) };
}

function drawOpen(random: Random): Act {
  return { do: "open", m: some(random), call: random.pick(["open", "connect"]), callback: random.next() < 0.6 };
}

function drawSet(random: Random): Act {
  const values: Record<SettingName, readonly (number | boolean)[]> = {
    reconnection: [true, true, false],
    reconnectionAttempts: [0, 1, 3, Infinity],
    reconnectionDelay: [5, 30],
    reconnectionDelayMax: [20, 60],
    randomizationFactor: [0],
    timeout: [false, 80, 200],
  };
  const name = random.pick(Object.keys(values) as SettingName[]);
  return { do: "set", m: some(random), name, value: random.pick(values[name]) };
}

const SOCKET_EVENTS = [
  "connect",
  "connect",
  "disconnect",
  "disconnect",
  "connect_error",
  "connect_error",
  "a",
] as const;

/** Not those which Sockets hear as well: who comes first is by the time of subscription with upstream, with ours the Sockets. */
const MANAGER_EVENTS = ["ping", ...["reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"]] as const;

function drawWhenSocket(random: Random): Act {
  return { do: "when socket", s: some(random), event: random.pick(SOCKET_EVENTS), reaction: drawReaction(random) };
}

function drawWhenManager(random: Random): Act {
  return { do: "when manager", m: some(random), event: random.pick(MANAGER_EVENTS), reaction: drawReaction(random) };
}

/** Not the end of the engine: with ours what came in the same read is not heard any more, and what was written has left. */
function drawReaction(random: Random): Act {
  return random.pick([
    (): Act => drawEmit(random, true),
    (): Act => drawEmit(random, true),
    (): Act => ({ do: "socket", s: some(random), call: random.pick(["connect", "disconnect"]) }),
    (): Act => ({ do: "socket", s: some(random), call: random.pick(["connect", "disconnect"]) }),
    drawOpen,
    drawSet,
    drawIo,
    drawListen,
    drawAny,
    (): Act => ({ do: "answer" }),
  ])(random);
}

function drawServerEmits(random: Random): Act {
  return {
    do: "server emits",
    nsp: drawNamespace(random),
    name: drawName(random),
    args: drawArgs(random),
    asks: random.next() < 0.3,
  };
}

function drawTime(random: Random): Act {
  return { do: "time", ms: random.pick([1, 10, 20, 40, 60, 100, 250]) };
}
