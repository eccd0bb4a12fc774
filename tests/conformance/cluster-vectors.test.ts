import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { createAdapter, createShardedAdapter, createStreamsAdapter, Emitter } from "socket.io-redis";
import { Broker, type BrokerClient } from "./cluster-vectors/broker.ts";
import { fromBroker, fromProcess, fromRecording, renamed, type PlainFrame } from "./cluster-vectors/canonical.ts";
import type { ClusterFile } from "./cluster-vectors/files.ts";
import {
  FENCE,
  judge,
  plain,
  recordedUids,
  recordingOf,
  settled,
  uidsOf,
  type Exchange,
  type Pair,
  type Recording,
} from "./cluster-vectors/judge.ts";
import { EMITS, OPERATIONS, OPERATIONS_6, type Operation } from "./cluster-vectors/operations.ts";
import { ProcessAdapter, Processes } from "./cluster-vectors/process-adapter.ts";
import { StageNode } from "./cluster-vectors/stage.ts";
import { untag } from "./vectors/tagged-values.ts";

/* oxlint-disable typescript/no-explicit-any -- adapters of several kinds */

type MakeAdapter = (pub: BrokerClient, sub: BrokerClient) => (nsp: any) => any;

const OVER_REDIS: readonly [ClusterFile, MakeAdapter, Readonly<Record<string, Operation>>][] = [
  ["redis-adapter-v8", (pub, sub) => createAdapter(pub, sub), OPERATIONS],
  [
    "redis-adapter-v8-specific",
    (pub, sub) => createAdapter(pub, sub, { key: "pfx", publishOnSpecificResponseChannel: true }),
    OPERATIONS,
  ],
  ["redis-adapter-v6", (pub, sub) => createAdapter({ pubClient: pub, subClient: sub }), OPERATIONS_6],
  ["redis-sharded-static", (pub, sub) => createShardedAdapter(pub, sub, { subscriptionMode: "static" }), OPERATIONS],
  ["redis-sharded-dynamic", (pub, sub) => createShardedAdapter(pub, sub), OPERATIONS],
  [
    "redis-sharded-dynamic-private",
    (pub, sub) => createShardedAdapter(pub, sub, { subscriptionMode: "dynamic-private" }),
    OPERATIONS,
  ],
  ["redis-streams-adapter", (pub) => createStreamsAdapter(pub), OPERATIONS],
];

/** What of a listed deviation is different: beyond it, ours and the recording are to be the same. */
const ADJUSTMENTS: Partial<Record<ClusterFile, (form: unknown) => unknown>> = {
  "redis-streams-adapter": storyOfSession,
  "redis-adapter-v8": asOfVersion8,
  "redis-adapter-v8-specific": asOfVersion8,
  "redis-adapter-v6": (form) => deepMap(form, (value) => withoutUid(withoutOldForm(value))),
};

describe("what servers of a cluster were recorded to say to each other", () => {
  for (const [file, make, operations] of OVER_REDIS) {
    test(`${file}: our servers say the same for the same call`, async () => {
      await withTwoServers(make, async (broker, nodes) => {
        const codec = file === "redis-streams-adapter" ? "msgpack" : "notepack";
        const recording = recordingOf(file);
        const uids = [uidsOf(nodes), recordedUids(recording)] as const;
        const missing = subscriptionsOf(recording, uids[1]).filter(
          (name) => !subscriptionsOf(broker, uids[0]).includes(name),
        );
        // In the dynamic modes sockets have channels, whose ids differ.
        assert.deepEqual(missing, []);
        // With their first question servers look for the names of the others.
        for (const { io } of nodes) await io.allSockets();
        const play = async (vector: Exchange): Promise<Pair> => {
          if (vector.name === SESSION_VECTOR) return playSession(vector, make);
          const operation = operations[vector.name];
          if (operation === undefined) return [vector.name, "has no call of its own"];
          const from = broker.frames.length;
          const result = await operation(nodes[0], nodes[1]);
          await settled(nodes);
          const frames = framesOf(broker, from).map((frame) => fromBroker(frame, codec));
          const recorded = vector.frames.map((frame) => fromRecording(frame, codec));
          return [
            [renamed(frames, recording.uids ? uids[0] : []), plain(result)],
            [renamed(recorded, uids[1]), plain(untag(vector.result))],
          ];
        };
        await judge(file, play, ADJUSTMENTS[file]);
      });
    });
  }

  test("redis-adapter-v5: our servers answer one of Socket.IO 2 as such servers answer each other", async () => {
    await withTwoServers(
      (pub, sub) => createAdapter(pub, sub),
      async (broker, nodes) => {
        await judge("redis-adapter-v5", async (vector) => {
          const question = vector.frames.find(({ cmd }) => cmd === "PUBLISH")!;
          const request = fromRecording(question, "notepack");
          const { sid } = request.message as { sid?: string };
          let payload = Buffer.from((question["hex"] as string | undefined) ?? "", "hex");
          if (request.format === "json") {
            payload = Buffer.from(
              String(question["text"]).replace(sid ?? "", sid === undefined ? "" : nodes[1].socket.id),
            );
          }
          for (const { heard } of nodes) heard.length = 0;
          const from = broker.frames.length;
          broker.note({ node: 0, command: "PUBLISH", channel: String(question["channel"]), payload });
          broker.publish("message", String(question["channel"]), payload);
          await settled(nodes);
          const frames = framesOf(broker, from).map((frame) => fromBroker(frame, "notepack"));
          const recorded = vector.frames
            .filter(({ cmd }) => cmd !== "PUBSUB")
            .map((frame) => fromRecording(frame, "notepack"));
          const { packet } = request.message as { packet?: { data: unknown } };
          const wanted = packet === undefined ? [] : [packet.data];
          return [
            [renamed(frames, []), nodes.map(({ heard }) => plain(heard))],
            [renamed(recorded, []), nodes.map(() => plain(wanted))],
          ];
        });
      },
    );
  });

  test("redis-emitters: our emitter says the same; what the older one says arrives at our servers", async () => {
    await withTwoServers(
      (pub, sub) => createAdapter(pub, sub),
      async (broker, nodes) => {
        const emitter = new Emitter(broker.client(0));
        const inChat = await heardIn("/chat", nodes[1]);
        await nodes[1].socket.join("r");
        await judge("redis-emitters", async (vector) => {
          const recorded = vector.frames.map((frame) => fromRecording(frame, "notepack"));
          const from = broker.frames.length;
          const emit = EMITS[vector.name];
          if (emit !== undefined) {
            emit(emitter);
            await settled(nodes);
            const frames = framesOf(broker, from).map((frame) => fromBroker(frame, "notepack"));
            return [renamed(frames, []), renamed(recorded, [])];
          }
          const [{ channel, hex }] = vector.frames as [{ channel: string; hex: string }];
          nodes[1].heard.length = 0;
          inChat.length = 0;
          broker.publish("message", channel, Buffer.from(hex, "hex"));
          await settled(nodes);
          const heard = [...nodes[1].heard, ...inChat];
          const [{ message }] = recorded as [PlainFrame & { message: { packet: { data: unknown[] } } }];
          // Clients get what JSON makes of it.
          return [JSON.stringify(heard), JSON.stringify([message.packet.data])];
        });
      },
    );
  });

  test("node-cluster-adapter: an adapter over our base class says the same for the same call", async () => {
    const processes = new Processes();
    await withNodes(
      () => (nsp) => new ProcessAdapter(nsp, processes),
      async (nodes, stop) => {
        const recording = recordingOf("node-cluster-adapter");
        const uids = [uidsOf(nodes), recordedUids(recording)] as const;
        await judge("node-cluster-adapter", async (vector) => {
          const from = processes.sent.length;
          let result: unknown;
          if (vector.name === "adapter close") await stop();
          else {
            result = await OPERATIONS[vector.name]!(nodes[0], nodes[1]);
            await settled(nodes);
          }
          const frames = processes.sent.slice(from).filter((message) => !JSON.stringify(message).includes(FENCE));
          return [
            [renamed(frames.map(fromProcess), uids[0]), plain(result)],
            [
              renamed(
                vector.frames.map((frame) => fromRecording(frame, "notepack")),
                uids[1],
              ),
              plain(untag(vector.result)),
            ],
          ];
        });
      },
    );
  });
});

const SESSION_VECTOR = "session persisted and restored";

/** A client of server 0 is cut off, misses what server 1 emits, and comes back. */
async function playSession(vector: Exchange, make: MakeAdapter): Promise<Pair> {
  let pair: Pair | undefined;
  const play = async (broker: Broker, nodes: readonly [StageNode, StageNode]): Promise<void> => {
    const [{ io, client, socket, heard }, other] = nodes;
    await socket.join("r3");
    const hears = async (count: number): Promise<void> => {
      while (heard.length < count) await new Promise<void>((resolve) => client.io.once("packet", () => resolve()));
    };
    const from = broker.frames.length;
    io.emit("pre-offset");
    await hears(1);
    const left = once(socket, "disconnect");
    client.io.engine.close();
    await left;
    other.io.emit("missed", 7);
    const back = once(io, "connection");
    client.connect();
    const [{ recovered }] = (await back) as [{ recovered: boolean }];
    await hears(2);
    const frames = broker.frames.slice(from).map((frame) => fromBroker(frame, "msgpack"));
    const recorded = vector.frames.map((frame) => fromRecording(frame, "msgpack"));
    pair = [
      [renamed(frames, uidsOf(nodes)), { recovered }],
      [renamed(recorded, recordedUids(recordingOf("redis-streams-adapter"))), vector.result],
    ];
  };
  await withTwoServers(make, play, { connectionStateRecovery: {} });
  return pair!;
}

/**
 * What happened to a session, whenever it was written, and with whichever commands it was taken. Ours reads on only after a
 * page that was full.
 */
function storyOfSession(form: unknown): unknown {
  const [frames, result] = form as [{ command: string; args: readonly unknown[] }[], unknown];
  const argsOf = (...commands: string[]): (readonly unknown[])[] =>
    frames.filter(({ command }) => commands.includes(command)).map(({ args }) => args);
  return {
    added: argsOf("XADD"),
    // Those of connected clients name their server.
    left: argsOf("SET").filter(([, , session]) => !Object.hasOwn(session as object, "uid")),
    taken: argsOf("MULTI GET", "GETDEL"),
    read: argsOf("XRANGE")
      .slice(0, 2)
      .map((args) => args.slice(0, 3)),
    result,
  };
}

async function withTwoServers(
  make: MakeAdapter,
  play: (broker: Broker, nodes: readonly [StageNode, StageNode]) => Promise<void>,
  serverOptions: object = {},
): Promise<void> {
  const broker = new Broker();
  await withNodes(
    (number) => make(broker.client(number), broker.client(number)),
    (nodes) => play(broker, nodes),
    serverOptions,
  );
}

async function withNodes(
  adapterOf: (number: number) => (nsp: any) => any,
  play: (nodes: readonly [StageNode, StageNode], stop: () => Promise<void>) => Promise<void>,
  serverOptions: object = {},
): Promise<void> {
  const start = (number: number): Promise<StageNode> =>
    StageNode.start(number, adapterOf(number), { Server, connect, options: serverOptions });
  const nodes = [await start(0), await start(1)] as const;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= nodes[0].stop().then(() => nodes[1].stop()));
  try {
    await play(nodes, stop);
  } finally {
    await stop();
  }
}

function framesOf(broker: Broker, from: number): Broker["frames"] {
  return broker.frames.slice(from).filter(({ payload }) => payload?.includes(FENCE) !== true);
}

/** What a client of a namespace hears. */
async function heardIn(namespace: string, { client, io }: StageNode): Promise<unknown[][]> {
  const connection = new Promise((resolve) => io.of(namespace).once("connection", resolve));
  const other = client.io.socket(namespace);
  const heard: unknown[][] = [];
  other.onAny((...event: unknown[]) => heard.push(event));
  await connection;
  if (!other.connected) await new Promise<void>((resolve) => other.once("connect", resolve));
  return heard;
}

/** Kinds and names of what is listened to, with servers called by their number. */
function subscriptionsOf(source: Broker | Recording, uids: readonly string[]): string[] {
  const commands =
    source instanceof Broker
      ? source.frames.map(({ node, command, args }) => ({ node, cmd: command, args }))
      : source.setup!.filter(({ cmd }) => cmd.includes("SUBSCRIBE"));
  return commands.flatMap(({ node, cmd, args }) =>
    (args ?? [])
      .map((name) => uids.reduce((text, uid, at) => text.replace(`#${uid}#`, `#<server ${at}>#`), name))
      .map((name) => `${node} ${cmd} ${name.replace(/#[\w-]{20}#$/, "#<socket>#")}`),
  );
}

function deepMap(value: unknown, change: (value: unknown) => unknown): unknown {
  const changed = change(value);
  if (Array.isArray(changed)) return changed.map((item) => deepMap(item, change));
  if (typeof changed !== "object" || changed === null) return changed;
  return Object.fromEntries(Object.entries(changed).map(([name, member]) => [name, deepMap(member, change)]));
}

function asOfVersion8(form: unknown): unknown {
  return deepMap(form, (value) =>
    value === "undefined" ? null : withoutNameOfAnswer(withoutFormOfAcks(withoutOldForm(value))),
  );
}

/** Broadcasts with acknowledgement, and the answers to them, are JSON where there are no bytes. */
function withoutFormOfAcks(value: unknown): unknown {
  const { message, format } = (value ?? {}) as { message?: { type?: number }; format?: unknown };
  const isOfAcks = message?.type === 7 || message?.type === 9;
  return isOfAcks && format === "json" ? { ...(value as object), format: "msgpack" } : value;
}

/** Answers say whose they are. */
function withoutNameOfAnswer(value: unknown): unknown {
  const { channel, message } = (value ?? {}) as { channel?: unknown; message?: object };
  if (!String(channel).includes("-response#") || message === undefined) return value;
  const { uid: _uid, ...rest } = message as { uid?: unknown };
  return { ...(value as object), message: rest };
}

/** Questions for ids and rooms go to servers of Socket.IO 2 as well: under their name of the id, and for rooms in a second message. */
function withoutOldForm(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((frame) => !isOldForm((frame as { message?: unknown } | null)?.message));
  if (typeof value !== "object" || value === null || !("requestId" in value)) return value;
  const { requestid: _requestid, ...rest } = value as Record<string, unknown>;
  return rest;
}

function isOldForm(message: unknown): boolean {
  return typeof message === "object" && message !== null && "requestid" in message && !("requestId" in message);
}

/** Servers of that release sign no requests, and mark what a socket broadcasts. */
function withoutUid(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { uid: _uid, broadcast: _broadcast, ...rest } = value as Record<string, unknown>;
  return rest;
}
