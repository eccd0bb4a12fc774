import { Random } from "../../../support/random.ts";
import type { Program, Step } from "../../programs.ts";
import type { Act, Data, Middleware, NetworkAct, Posted, RawAct, ServerAct, Setting } from "./program.ts";

/** Longer than a heartbeat, and never near the time of one, or of its end, at most {@link MAX_BEATS} times. */
const BEAT_MS = 1100;
const MAX_BEATS = 3;

/** The program of a seed. */
export function draw(seed: number): Program<Setting, Act> {
  const random = new Random(seed);
  const setting = drawSetting(random);
  const deflates = Boolean(setting.options["perMessageDeflate"]);
  const stall = random.next() < 0.08 ? drawStall(random) : [];
  const isDrainLate = deflates || stall.length > 0;
  const steps: Step<Act>[] = [{ act: stall.shift() ?? drawOpening(random), settles: true }];
  let beats = 0;
  for (let left = random.between(14, 49); left > 0; left--) {
    if (stall.length > 0 && random.next() < 0.3) steps.push({ act: stall.shift()!, settles: true });
    const act = drawAct(random);
    // Ours looks at deadlines now and then, the more seldom the longer they are, so that heartbeats get out of step.
    if (act.do === "time" && act.ms === BEAT_MS && ++beats > MAX_BEATS) continue;
    // What is compressed, or waits for its peer, is out later; upstream's says at once that it is.
    if (isDrainLate && act.do === "when" && act.event === "drain") continue;
    const isCompressed = deflates || (act.do === "send" && setting.options["httpCompression"] !== false);
    steps.push({ act, settles: isCompressed || mayOverrun(act) || random.next() < 0.8 });
  }
  return { setting, steps };
}

/** Whether it may send more than the limit: sessions end by that here, and with upstream once nothing else is under way (see player.ts). */
function mayOverrun(act: Act): boolean {
  if (act.do === "client sends") return act.data.some((data) => typeof data !== "string" || data.length > 200);
  return act.do === "raw posts" && (act.size !== undefined || act.units.length > 50 || act.units.join("").length > 200);
}

/** A peer that stops reading while more is sent than the operating system takes, less than is too much here. */
function drawStall(random: Random): Act[] {
  const opening = drawOpening(random);
  const of = opening.do === "client" ? "client" : "raw";
  return [
    { ...opening, isFar: true },
    { do: "network", of, at: 0, call: "hold" },
    { do: "send", s: 0, call: "send", data: { bytes: 12e6, as: "Buffer" }, callback: random.next() < 0.5, count: 1 },
    { do: "network", of, at: 0, call: random.pick(["forward", "forward", "cut", "cutNear", "halfOpen"]) },
  ];
}

function drawSetting(random: Random): Setting {
  const chance = (probability: number): boolean => random.next() < probability;
  const listensToAll = chance(0.7);
  // Not in most: where nobody is let in nothing happens.
  const refuses = chance(0.25);
  return {
    options: {
      // An upgrade takes its time with upstream's server (docs/differences.md), and meddles with its heartbeat.
      ...(chance(0.5)
        ? { pingInterval: 1000, pingTimeout: 600, allowUpgrades: false }
        : {
            pingInterval: 1e8,
            ...(chance(0.2) && { allowUpgrades: false }),
            ...(chance(0.3) && { upgradeTimeout: 300 }),
          }),
      allowEIO3: chance(0.7),
      maxHttpBufferSize: random.pick([300, 300, 1500]),
      ...(chance(0.3) && {
        transports: random.pick([
          ["polling"],
          ["websocket"],
          ["websocket", "polling"],
          ["polling", "websocket", "webtransport"],
        ]),
      }),
      ...(chance(0.3) && { cookie: random.pick(COOKIES) }),
      ...(chance(0.3) && {
        cors: random.pick([
          true,
          { origin: "http://a", credentials: true },
          { origin: ["http://a"] },
          { origin: true, methods: ["GET", "POST"], allowedHeaders: "x-a", maxAge: 5, optionsSuccessStatus: 200 },
        ]),
      }),
      // Not `true`, nor without a threshold (docs/differences.md).
      ...(chance(0.5) && {
        httpCompression: random.pick([
          false,
          { threshold: 1024 },
          { threshold: 0 },
          { threshold: 121, level: 1 },
          { threshold: 122, chunkSize: 64 },
        ]),
      }),
      ...(chance(0.4) && {
        perMessageDeflate: random.pick([
          false,
          true,
          {},
          { threshold: 100 },
          { threshold: 0, serverNoContextTakeover: true },
          { threshold: 121, serverNoContextTakeover: true, clientNoContextTakeover: true },
          { serverMaxWindowBits: 10, clientMaxWindowBits: 10 },
          { zlibDeflateOptions: { level: 1 }, concurrencyLimit: 1 },
        ]),
      }),
    },
    // Over WebSocket upstream's flushes it by itself (protocols.md 1.4: with the open packet).
    ...(!listensToAll &&
      chance(0.3) && {
        initialPacket: random.pick<Data>(["first", "", "\u20ac".repeat(400), { bytes: 3, as: "Buffer" }]),
      }),
    attach: {
      // docs/differences.md: none is the beginning of another.
      ...(chance(0.2) && { path: random.pick(["/f", "/f/", "/a/b"]) }),
      ...(chance(0.2) && { addTrailingSlash: false }),
      ...(chance(0.2) && { destroyUpgrade: chance(0.5) }),
      ...(chance(0.3) && { destroyUpgradeTimeout: random.pick([0, 50, 500]) }),
    },
    byHand: chance(0.2),
    cors: random.pick([
      "plain",
      "plain",
      "plain",
      "plain",
      "function",
      "function of origin",
      refuses ? "function that fails" : "plain",
    ]),
    isByWs: chance(0.3),
    listensToAll,
    allowRequest: random.pick(refuses ? ["none", "no", "no text", "no later"] : ["none", "none", "yes", "later"]),
    generateId: random.pick(refuses ? ["none", "none", "throws", "rejects"] : ["none", "none", "text", "promise"]),
    middlewares: chance(0.5) ? [] : many(random, 3, (one) => one.pick(refuses ? [...PASSING, ...REFUSING] : PASSING)),
    elsewhere: random.pick(["nothing", "nothing", "answers", "answers later"]),
  };
}

const COOKIES: readonly unknown[] = [
  true,
  {},
  "name",
  { name: "c", path: "/x", maxAge: 5 },
  { httpOnly: false },
  { path: false },
  { sameSite: false, secure: true },
  { sameSite: "none", secure: true, partitioned: true },
  { domain: "a.example", expires: new Date(0), priority: "high", sameSite: true },
];

const PASSING: readonly Middleware[] = ["passes", "header", "header", "later", "asynchronous", "twice"];

/** None that answers and passes on: upstream's answers once more, which throws (docs/differences.md). */
const REFUSING: readonly Middleware[] = ["refuses", "answers", "throws", "rejects"];

/** How often each act is drawn. */
const WEIGHTS: readonly (readonly [weight: number, draw: (random: Random) => Act])[] = [
  [10, drawOpening],
  [22, drawServerAct],
  [8, drawWhen],
  [8, (random) => ({ do: "client sends", c: some(random), data: many(random, 3, drawData) })],
  [3, (random) => ({ do: "client closes", c: some(random) })],
  [
    14,
    (random) => ({
      do: "raw polls",
      r: some(random),
      query: random.next() < 0.9 ? {} : random.pick([{ EIO: "5" }, { sid: "nobody" }, { transport: "x" }]),
    }),
  ],
  [10, (random) => ({ do: "raw posts", r: some(random), isChunked: random.next() < 0.2, ...drawPosted(random) })],
  [2, (random) => ({ do: "raw begins", r: some(random), ...drawPosted(random) })],
  [2, (random) => ({ do: "raw goes on", r: some(random), how: random.next() < 0.7 ? "rest" : "abort" })],
  [1, (random) => ({ do: "raw asks", r: some(random), method: random.pick(["PUT", "OPTIONS", "DELETE", "HEAD"]) })],
  [2, (random) => ({ do: "raw aborts", r: some(random) })],
  [6, (random) => ({ do: "raw probes", r: some(random), frames: drawProbe(random) })],
  [
    10,
    (random) => ({
      do: "raw sends",
      r: some(random),
      frames: many(random, 3, drawUnit),
      fragments: random.pick([1, 1, 1, 2, 3]),
      ...drawSize(random),
    }),
  ],
  [1, (random) => ({ do: "raw pings", r: some(random), data: random.pick(["", "x"]) })],
  [3, (random) => ({ do: "raw leaves", r: some(random), how: random.pick(["close", "close 4000", "cut"]) })],
  [2, drawUpgrade],
  [6, drawNetwork],
  [10, (random) => ({ do: "time", ms: random.pick([1, 1, 10, BEAT_MS]) })],
];
const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function drawAct(random: Random): Act {
  let at = random.next() * TOTAL;
  const [, drawn] = WEIGHTS.find(([weight]) => (at -= weight) < 0) ?? WEIGHTS[0]!;
  return drawn(random);
}

/** Which of those there are. */
const some = (random: Random): number => random.between(0, 5);

function many<T>(random: Random, most: number, one: (random: Random) => T): T[] {
  return Array.from({ length: random.between(1, most) }, () => one(random));
}

type Opening = Extract<Act, { readonly do: "client" | "raw opens" }>;

function drawOpening(random: Random): Opening {
  const isFar = random.next() < 0.3;
  if (random.next() < 0.4) return { do: "client", options: drawClient(random), isFar };
  const over = random.pick(["polling", "polling", "websocket"] as const);
  return {
    do: "raw opens",
    revision: random.pick([4, 4, 3]),
    over,
    method: over === "polling" && random.next() < 0.08 ? random.pick(["POST", "OPTIONS", "PUT", "HEAD"]) : "GET",
    path: random.next() < 0.1 ? random.pick(["/other/", "/engine.io"]) : "",
    // docs/differences.md: bytes over JSONP without `b64`.
    query: {
      // docs/differences.md: what WebSockets are refused for.
      ...(over === "polling" && drawExtra(random)),
      ...(random.next() < 0.2 && { b64: "1" }),
      ...(over === "polling" && random.next() < 0.15 && { j: "0", b64: "1" }),
    },
    headers: {
      ...(random.next() < 0.3 && { origin: random.pick(["http://a", "http://b"]) }),
      ...(random.next() < 0.1 && { "user-agent": random.pick(["x MSIE 8", "Trident/7"]) }),
      ...(random.next() < 0.5 && { "accept-encoding": random.pick(ENCODINGS) }),
    },
    deflates: random.next() < 0.4,
    isFar,
  };
}

/** Where the client likes several as much, upstream's takes the first (protocols.md 1.14: gzip). */
const ENCODINGS: readonly string[] = [
  "gzip",
  "gzip, deflate",
  "gzip, deflate, br",
  "deflate;q=1, gzip;q=0.9",
  "br",
  "deflate",
  "*",
  "identity",
  "",
  "gzip;q=0, deflate",
  "gzip;q=0.5, deflate;q=0.8",
  "identity;q=1, *;q=0",
  "GZIP",
];

function drawClient(random: Random): Record<string, unknown> {
  return {
    transports: random.pick([["polling"], ["websocket"], ["polling", "websocket"], ["websocket", "polling"]]),
    ...(random.next() < 0.2 && { upgrade: false }),
    ...(random.next() < 0.2 && { forceBase64: true }),
    ...(random.next() < 0.4 && { perMessageDeflate: random.pick([false, { threshold: 0 }, { threshold: 121 }]) }),
    ...(random.next() < 0.2 && { tryAllTransports: true }),
    ...(random.next() < 0.2 && { extraHeaders: { origin: random.pick(["http://a", "http://b"]) } }),
  };
}

/** Now and then, what a request should not say. */
function drawExtra(random: Random): Record<string, string> {
  if (random.next() < 0.9) return {};
  return random.pick<Record<string, string>>([
    { EIO: "5" },
    { EIO: "" },
    { sid: "nobody" },
    { sid: "" },
    { transport: "x" },
    { transport: "" },
    { transport: "websocket" },
    { transport: "polling" },
    { transport: "webtransport" },
  ]);
}

function drawServerAct(random: Random): ServerAct {
  const s = some(random);
  const kind = random.next();
  if (kind < 0.12) return { do: "close", s, discard: random.next() < 0.4 };
  if (kind < 0.13) return { do: "close engine" };
  return {
    do: "send",
    s,
    call: random.pick(["send", "write"]),
    data: drawData(random),
    ...(random.next() < 0.4 && {
      options: random.pick([{ compress: false }, { compress: true }, {}, { isPreEncoded: true }]),
    }),
    callback: random.next() < 0.5,
    count: random.pick([1, 1, 1, 2, 3]),
  };
}

const EVENTS = ["message", "data", "packet", "flush", "drain", "heartbeat", "upgrading", "upgrade", "close"];

function drawWhen(random: Random): ServerAct {
  const event = random.pick(EVENTS);
  const reaction = drawServerAct(random);
  const s = some(random);
  // Upstream's throws where it is closed at once in the midst of writing.
  const discard = event !== "flush" && random.next() < 0.4;
  // Upstream's tells of the end at once, in the midst of telling of a packet.
  const isTelling = event === "data" || event === "packet";
  if (reaction.do !== "send")
    return { do: "when", s, event: isTelling ? "message" : event, reaction: { do: "close", s, discard } };
  // What is sent in `flush` joins the batch with upstream; ours leaves after it.
  if (event === "flush") return { do: "when", s, event, reaction: { do: "close", s, discard: false } };
  // Of several over WebSocket upstream's second waits for a drain, which may never come.
  return { do: "when", s, event, reaction: { ...reaction, s, count: 1 } };
}

export function drawData(random: Random): Data {
  return random.pick<Data>([
    "x",
    "",
    "\u20ac\u{1f600}",
    "a".repeat(120),
    "\u20ac".repeat(random.pick([40, 400])),
    "b".repeat(random.pick([299, 300, 1100])),
    { bytes: random.pick([222, 223, 300, 301]), as: "Buffer" },
    { bytes: 3, as: "Buffer" },
    { bytes: 0, as: "Buffer" },
    { bytes: 5, as: "ArrayBuffer" },
    { bytes: 4, as: "Uint8Array" },
  ]);
}

/** A packet of a peer; `bytes:` before one that is bytes. */
function drawUnit(random: Random): string {
  if (random.next() < 0.06)
    return random.pick(["9", "", "x", "0", "5", "6", "b!", "b", `4${"z".repeat(400)}`, "bytes:", "2probe", "3probe"]);
  return random.pick(["4a", "4a", "4", "4\u20ac", "3", "2", "bytes:010203", "bAQID", "b4AQID"]);
}

function drawPosted(random: Random): Posted {
  const type = random.next() < 0.05 ? "application/octet-stream" : "text/plain;charset=UTF-8";
  const kind = random.next();
  const units = kind < 0.05 ? ["1"] : kind < 0.1 ? Array<string>(100).fill("4") : many(random, 3, drawUnit);
  return { units, type, ...drawSize(random) };
}

function drawSize(random: Random): { readonly size?: number } {
  return random.next() < 0.8 ? {} : { size: random.pick([-1, 0, 0, 1, 500]) };
}

function drawUpgrade(random: Random): RawAct {
  const isElsewhere = random.next() < 0.4;
  return {
    do: "raw upgrades",
    method: random.next() < 0.1 ? "POST" : "GET",
    path: isElsewhere ? random.pick(["/elsewhere/", "/other"]) : "",
    query: { EIO: "4", transport: "websocket", ...(random.next() < 0.2 && { sid: "nobody" }) },
    headers: random.pick<Record<string, string | null>>([
      {},
      {},
      { Upgrade: "h2c" },
      { Upgrade: "WebSocket" },
      { "Sec-WebSocket-Version": "12" },
      { "Sec-WebSocket-Version": null },
      { "Sec-WebSocket-Version": "8" },
      { "Sec-WebSocket-Key": "short" },
      { "Sec-WebSocket-Key": null },
      { "Sec-WebSocket-Protocol": "a, b" },
      { "Sec-WebSocket-Protocol": "a,, b" },
      { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=10" },
      { "Sec-WebSocket-Extensions": "permessage-deflate; x" },
      { "Sec-WebSocket-Extensions": "other" },
      { Connection: "keep-alive, Upgrade", Origin: "http://a" },
    ]),
  };
}

function drawNetwork(random: Random): NetworkAct {
  const call = random.pick(["hold", "hold", "forward", "forward", "forward", "halfOpen", "cut", "cutNear"] as const);
  return { do: "network", of: random.pick(["client", "raw", "raw"]), at: some(random), call };
}

function drawProbe(random: Random): readonly string[] {
  return random.pick([
    ["2probe", "5"],
    ["2probe", "5"],
    ["2probe", "5"],
    ["2probe"],
    ["2"],
    ["4a"],
    [],
    ["2probe", "4a"],
    ["2probe", "2probe", "5"],
  ]);
}
