import fc from "fast-check";
import { encode } from "socket.io-msgpack-parser/build/codec/encode.js";
import { bytes, changedBytes, changes, type Change } from "../arbitraries.ts";
import type { Fuzzer, Target } from "../fuzzer.ts";
import { ADAPTERS, ClusteredServer, type AdapterKind, type MakeAdapter } from "../support/clustered-server.ts";

type Form = "json" | "msgpack" | "entry" | "bytes";

interface Input {
  readonly adapter: AdapterKind;
  readonly form: Form;
  /** Of those that the server listens to. */
  readonly channel: number;
  readonly message: unknown;
  readonly changes: readonly Change<Buffer>[];
}

/** Texts that stand for what is known only when the message is sent. */
const PLACEHOLDERS = ["<request>", "<socket>", "<server>"] as const;

/** Stands for a list that is longer than a call may have arguments. */
const VERY_LONG = "<very long>";
const VERY_LONG_LIST: readonly null[] = Array.from({ length: 200_000 }, () => null);

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0, 1.5, 1e300, "", "room", "__proto__", [], {}, [null], [[]], [1], {
    length: 3,
  }),
  fc.constantFrom<unknown>({ toString: 1 }, { rooms: 1 }, { rooms: null, except: 7 }, ["connection", 1], ["x", {}]),
  bytes(4),
  fc.constantFrom<unknown>(...PLACEHOLDERS),
);

/** Mostly as it should be, sometimes missing, sometimes anything. */
const mostly = (proper: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 5, arbitrary: proper },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.constant(null) },
  );

const list = (...values: unknown[]): fc.Arbitrary<unknown> =>
  mostly(
    fc.oneof(
      { weight: 400, arbitrary: fc.array(fc.constantFrom(...values), { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.constant(VERY_LONG) },
    ),
  );

const rooms = list("room", "<socket>", "other", 7);
const target = mostly(
  record({ rooms, except: rooms, flags: mostly(fc.constantFrom<unknown>({}, { volatile: true }, { timeout: 5 })) }),
);
const event = mostly(fc.constantFrom<unknown>(["news", 1], ["question"], ["news", { a: [null] }], [7], []));
const packet = mostly(
  record({ type: fc.constantFrom<unknown>(2, 5, 0), data: event, nsp: fc.constantFrom<unknown>("/", "/other") }),
);
const id = mostly(fc.constantFrom("<request>", "other"));
const sender = fc.constantFrom<unknown>("other", "third", "emitter", "<server>", 7);
const sockets = list({ id: "x", handshake: {}, rooms: [], data: {} }, null);

/** Requests and answers of `@socket.io/redis-adapter` and of Socket.IO 2. */
const request = record({
  ...{ type: fc.integer({ min: 0, max: 11 }), uid: sender, requestId: id, requestid: id, opts: target, rooms },
  ...{
    room: mostly(fc.constant("room")),
    sid: mostly(fc.constant("<socket>")),
    close: mostly(fc.boolean()),
    packet,
    data: event,
  },
  ...{ sockets, clients: list("x"), clientCount: mostly(fc.nat(3)) },
});

/** Messages of cluster adapters. */
const clusterMessage = record({
  uid: sender,
  nsp: fc.constantFrom<unknown>("/", "/", "/", "/other", 1),
  type: mostly(fc.integer({ min: 0, max: 14 })),
  data: mostly(
    record({
      opts: target,
      packet: fc.oneof(packet, event),
      requestId: id,
      rooms,
      close: mostly(fc.boolean()),
      sockets,
      clientCount: mostly(fc.nat(3)),
    }),
  ),
});

const broadcast = fc.tuple(sender, packet, target);

function record(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(members, { requiredKeys: [], noNullPrototype: true });
}

const somewhere = fc.nat(3);
const someChanges = fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: changes(bytes(2), 2) });

function sentTo(
  adapters: readonly AdapterKind[],
  forms: readonly Form[],
  channel: fc.Arbitrary<number>,
  message: fc.Arbitrary<unknown>,
): fc.Arbitrary<Input> {
  const [adapter, form] = [fc.constantFrom(...adapters), fc.constantFrom(...forms)];
  return fc.record({ adapter, form, channel, message, changes: someChanges });
}

/** Mostly what belongs there. */
const inputs = fc.oneof(
  { weight: 4, arbitrary: sentTo(["pub/sub"], ["json", "msgpack"], fc.constantFrom(1, 1, 2), request) },
  { weight: 2, arbitrary: sentTo(["pub/sub"], ["msgpack"], fc.constantFrom(0, 3), broadcast) },
  { weight: 4, arbitrary: sentTo(["sharded", "streams", "heartbeat"], ["json", "msgpack"], somewhere, clusterMessage) },
  { weight: 2, arbitrary: sentTo(["streams"], ["entry"], somewhere, clusterMessage) },
  {
    weight: 1,
    arbitrary: sentTo(
      ADAPTERS,
      ["json", "msgpack", "entry", "bytes"],
      somewhere,
      fc.oneof(request, clusterMessage, broadcast, junk),
    ),
  },
);

/** What other servers of a cluster send, or whoever may write to the broker, to adapters of all kinds. */
export function cluster(make: MakeAdapter = (_kind, create) => create): Fuzzer<Input> {
  return {
    name: "cluster",
    inputs,
    start: () => Subject.start(make),
  };
}

class Subject implements Target<Input> {
  readonly #servers: ReadonlyMap<AdapterKind, ClusteredServer>;

  private constructor(servers: ReadonlyMap<AdapterKind, ClusteredServer>) {
    this.#servers = servers;
  }

  static async start(make: MakeAdapter): Promise<Subject> {
    const servers = ADAPTERS.map(async (kind) => [kind, await ClusteredServer.start(kind, make)] as const);
    return new Subject(new Map(await Promise.all(servers)));
  }

  async feed(input: Input): Promise<void> {
    const server = this.#servers.get(input.adapter)!;
    await server.proper();
    const known = { "<request>": await server.ask(), "<socket>": server.socketId, "<server>": server.uid };
    const message = filled(input.message, known);
    if (input.form === "entry") {
      server.addEntry(fieldsOf(message));
    } else {
      server.deliver(input.channel, changedBytes(payloadOf(input.form, message), input.changes));
    }
    await server.proveAlive();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
  }
}

function filled(value: unknown, known: Readonly<Record<string, unknown>>): unknown {
  if (value === VERY_LONG) return VERY_LONG_LIST;
  if (typeof value === "string" && Object.hasOwn(known, value)) return known[value];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((member) => filled(member, known));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member, known)]));
}

function payloadOf(form: Exclude<Form, "entry">, message: unknown): Uint8Array {
  if (form === "json") return Buffer.from(JSON.stringify(message));
  if (form === "msgpack") return encode(message);
  return Buffer.isBuffer(message) ? message : Buffer.from(JSON.stringify(message).slice(1));
}

/** Names and values in turn, of an entry of a stream. */
function fieldsOf(message: unknown): string[] {
  return Object.entries(message ?? {}).flatMap(([name, value]) => [
    name,
    typeof value === "string"
      ? value
      : ArrayBuffer.isView(value)
        ? Buffer.from(encode(value)).toString("base64")
        : JSON.stringify(value),
  ]);
}
