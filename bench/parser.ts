import { createRequire } from "node:module";
import * as ourEngine from "engine.io-parser";
import * as ourParser from "socket.io-parser";
import { median } from "./report/statistics.ts";

/**
 * What encoding and decoding cost, ours beside upstream's: CPU nanoseconds per operation, in alternating rounds within one
 * process. `npx tsx bench/parser.ts`. The ratios are what counts; below 1 we are cheaper.
 */
const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const theirParser = createRequire(peers.resolve("socket.io"))("socket.io-parser") as typeof ourParser;
const theirEngine = createRequire(peers.resolve("engine.io"))("engine.io-parser") as typeof ourEngine;

const ROUNDS = 11;
const ROUND_NS = 60e6;

type Operation = () => void;

interface Case {
  readonly name: string;
  readonly ours: Operation;
  readonly theirs: Operation;
  /** What the platform alone takes for it. */
  readonly floor?: Operation;
}

/** Keeps results from being optimised away. */
let sink: unknown;

const small = ["message", { id: 123456, user: "someone", text: "a hundred bytes of JSON, more or less", tags: ["x"] }];
const large = [
  "rows",
  Array.from({ length: 100 }, (_, at) => ({ at, name: `row ${at}`, values: [at, at * 2, "some text"] })),
];
const binary = ["chunk", { at: 7, bytes: Buffer.alloc(1024) }];

const cases: Case[] = [
  ...socketCases("text only, 30 B", ["message", "hello world"]),
  ...socketCases("event, 100 B", small),
  ...socketCases("event, 6 KiB", large),
  ...socketCases("binary event, 1 KiB", binary),
  ...engineCases(),
];

for (const { name, ours, theirs, floor } of cases) {
  const iterations = calibrate(theirs);
  const times: Record<"ours" | "theirs" | "floor", number[]> = { ours: [], theirs: [], floor: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.ours.push(measure(ours, iterations));
    times.theirs.push(measure(theirs, iterations));
    if (floor !== undefined) times.floor.push(measure(floor, iterations));
  }
  const [a, b] = [median(times.ours), median(times.theirs)];
  const platform = floor === undefined ? "" : `, JSON alone ${median(times.floor).toFixed(0)}`;
  console.log(
    `${name.padEnd(34)} ${a.toFixed(0).padStart(6)} ns, upstream ${b.toFixed(0).padStart(6)}${platform}: ${(a / b).toFixed(2)}`,
  );
}

function socketCases(name: string, data: unknown[]): Case[] {
  const packet = { type: ourParser.PacketType.EVENT, nsp: "/", data };
  const encoders = [new ourParser.Encoder(), new theirParser.Encoder()] as const;
  const decoders = [new ourParser.Decoder(), new theirParser.Decoder()] as const;
  for (const decoder of decoders) decoder.on("decoded", (decoded) => (sink = decoded));
  // Strings that arrive are flat; those that an encoder has just put together are not.
  const chunks = encoders[1]
    .encode(packet)
    .map((chunk) => (typeof chunk === "string" ? flat(chunk) : chunk)) as unknown[];
  const isText = chunks.length === 1;
  const json = isText ? flat((chunks[0] as string).slice(1)) : "";
  return [
    {
      name: `encode ${name}`,
      ours: () => (sink = encoders[0].encode(packet)),
      theirs: () => (sink = encoders[1].encode(packet)),
      ...(isText ? { floor: () => (sink = JSON.stringify(data)) } : {}),
    },
    {
      name: `decode ${name}`,
      ours: () => {
        for (const chunk of chunks) decoders[0].add(chunk);
      },
      theirs: () => {
        for (const chunk of chunks) decoders[1].add(chunk);
      },
      ...(isText ? { floor: () => (sink = JSON.parse(json)) } : {}),
    },
  ];
}

function engineCases(): Case[] {
  const packet = { type: "message", data: '2["message","hello world"]' } as const;
  const ten = Array.from({ length: 10 }, () => ({ ...packet }));
  const text = flat('42["message","hello world"]');
  const payload = flat(Array.from({ length: 10 }, () => text).join("\x1e"));
  const keep = (encoded: unknown): void => {
    sink = encoded;
  };
  return [
    {
      name: "encode engine packet",
      ours: () => ourEngine.encodePacket(packet, true, keep),
      theirs: () => theirEngine.encodePacket(packet, true, keep),
    },
    {
      name: "decode engine packet",
      ours: () => (sink = ourEngine.decodePacket(text)),
      theirs: () => (sink = theirEngine.decodePacket(text)),
    },
    {
      name: "encode payload of ten",
      ours: () => ourEngine.encodePayload(ten, keep),
      theirs: () => theirEngine.encodePayload(ten, keep),
    },
    {
      name: "decode payload of ten",
      ours: () => (sink = ourEngine.decodePayload(payload)),
      theirs: () => (sink = theirEngine.decodePayload(payload)),
    },
  ];
}

/** So many that one round takes {@link ROUND_NS}, after a warm-up. */
function calibrate(operation: Operation): number {
  let iterations = 1000;
  for (;;) {
    const taken = measure(operation, iterations) * iterations;
    if (taken >= ROUND_NS / 4) return Math.ceil((iterations * ROUND_NS) / taken);
    iterations *= 4;
  }
}

/** CPU nanoseconds per operation, garbage collection by other threads included. */
function measure(operation: Operation, iterations: number): number {
  const before = process.cpuUsage();
  for (let at = 0; at < iterations; at++) operation();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / iterations;
}

function flat(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

if (sink === undefined) throw new Error("nothing was measured");
