import { Random } from "../../../support/random.ts";
import type { Program, Step } from "../../programs.ts";
import { drawData } from "../server/draw.ts";
import type { Act, ClientAct, Setting } from "./program.ts";

/** The program of a seed. */
export function draw(seed: number): Program<Setting, Act> {
  const random = new Random(seed);
  const chance = (probability: number): boolean => random.next() < probability;
  const setting: Setting = {
    server: {
      pingInterval: 100,
      pingTimeout: 70,
      maxHttpBufferSize: random.pick([300, 1e6]),
      ...(chance(0.3) && { transports: random.pick([["polling"], ["websocket"]]) }),
      ...(chance(0.1) && { allowUpgrades: false }),
      ...(chance(0.4) && {
        perMessageDeflate: random.pick([true, { threshold: 0 }, { threshold: 0, serverNoContextTakeover: true }]),
      }),
      ...(chance(0.2) && { httpCompression: { threshold: 0 } }),
      ...(chance(0.2) && { cookie: random.pick([true, { maxAge: 1 }]) }),
      ...(chance(0.2) && { initialPacket: "first" }),
    },
  };
  const steps: Step<Act>[] = [{ act: drawOpen(random), settles: true }];
  for (let left = random.between(14, 49); left > 0; left--) {
    const act = drawAct(random);
    // What the server compresses leaves when another thread is done with it.
    const deflates = setting.server["perMessageDeflate"] !== undefined;
    // What a client does at once, upstream's does in the next tick where a WebSocket is still taking something.
    steps.push({ act, settles: act.do !== "server sends" || deflates || chance(0.6) });
  }
  return { setting, steps };
}

const WEIGHTS: readonly (readonly [weight: number, draw: (random: Random) => Act])[] = [
  [8, drawOpen],
  [24, drawSend],
  [5, (random) => ({ do: "close", c: some(random) })],
  [2, (random) => ({ do: "binaryType", c: some(random), value: random.pick(["nodebuffer", "arraybuffer"]) })],
  [14, drawWhen],
  [
    14,
    (random) => ({
      do: "server sends",
      c: some(random),
      data: Array.from({ length: random.between(1, 3) }, () => drawData(random)),
    }),
  ],
  [4, (random) => ({ do: "server closes", c: some(random), discard: random.next() < 0.4 })],
  [2, (random) => ({ do: "network", call: random.pick(["cut", "refuse", "hold", "cutNear"]) })],
  [3, () => ({ do: "network", call: "forward" })],
  [10, (random) => ({ do: "time", ms: random.pick([1, 20, 60, 110, 200]) })],
];
const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function drawAct(random: Random): Act {
  let at = random.next() * TOTAL;
  const [, drawn] = WEIGHTS.find(([weight]) => (at -= weight) < 0) ?? WEIGHTS[0]!;
  return drawn(random);
}

/** Which of those there are. */
const some = (random: Random): number => random.between(0, 3);

function drawOpen(random: Random): ClientAct {
  const chance = (probability: number): boolean => random.next() < probability;
  return {
    do: "open",
    form: random.pick(["url and options", "url and options", "options", "null and options"]),
    options: {
      // Where there is no WebTransport upstream's waits for it for ever.
      transports: random.pick([
        ["polling"],
        ["polling"],
        ["websocket"],
        ["websocket"],
        ["polling", "websocket"],
        ["websocket", "polling"],
      ]),
      ...(chance(0.15) && { upgrade: false }),
      ...(chance(0.15) && { rememberUpgrade: true }),
      ...(chance(0.15) && { tryAllTransports: true }),
      ...(chance(0.15) && { forceBase64: true }),
      ...(chance(0.4) && {
        perMessageDeflate: random.pick([false, true, { threshold: 0 }, { threshold: 121 }]),
      }),
      ...(chance(0.15) && { query: random.pick([{ q: "1" }, { EIO: "3", q: "\u00e9&" }, { who: "x" }]) }),
      ...(chance(0.1) && { timestampRequests: chance(0.5) }),
      ...(chance(0.1) && { timestampParam: "stamp" }),
      ...(chance(0.1) && { path: random.pick(["/engine.io", "/engine.io/"]) }),
      ...(chance(0.1) && { extraHeaders: { "x-own": "1", ...(chance(0.2) && { "accept-encoding": "gzip" }) } }),
      ...(chance(0.1) && { withCredentials: true }),
    },
  };
}

function drawSend(random: Random): ClientAct {
  return {
    do: "send",
    c: some(random),
    call: random.pick(["send", "write"]),
    data: drawData(random),
    ...(random.next() < 0.3 && { options: random.pick([{ compress: false }, { compress: true }]) }),
    callback: random.next() < 0.4,
    count: random.pick([1, 1, 1, 2, 4]),
  };
}

const EVENTS = [
  "open",
  "handshake",
  "packet",
  "data",
  "message",
  "ping",
  "pong",
  "heartbeat",
  "upgrading",
  "upgrade",
  "upgradeError",
  "close",
];

/** With which the telling of something ends: our client is closed at once, upstream's once a WebSocket has taken what was sent. */
const LAST_EVENTS = ["open", "message", "pong", "upgrade", "close"];

function drawWhen(random: Random): ClientAct {
  const c = some(random);
  if (random.next() < 0.7) return { do: "when", c, event: random.pick(EVENTS), reaction: drawSend(random) };
  return { do: "when", c, event: random.pick(LAST_EVENTS), reaction: { do: "close", c } };
}
