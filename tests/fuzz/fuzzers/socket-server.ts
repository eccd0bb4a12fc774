import assert from "node:assert/strict";
import fc from "fast-check";
import type { Server } from "socket.io";
import {
  serve,
  ticks,
  type FakeConnection,
  type FakeEngine,
} from "../../../packages/socket.io/test/support/fake-engine.ts";
import { bytes, changedText, changes, text, type Change } from "../arbitraries.ts";
import type { Fuzzer, Target } from "../fuzzer.ts";

type Message = string | Buffer;

interface Input {
  /** Revision of the engine: with 3, the peer speaks as Socket.IO 2 does. */
  readonly protocol: 3 | 4;
  readonly transport: "websocket" | "polling";
  /** What comes in one read each. */
  readonly reads: readonly (readonly { readonly message: Message; readonly changes: readonly Change<string>[] }[])[];
}

const namespace = fc.oneof(
  fc.constantFrom(
    "",
    "/a,",
    "/refused,",
    "/slow,",
    "/dyn-1,",
    "/dyn-2,",
    "/none,",
    "/?token=1&token=2,",
    "/a?b=%zz&__proto__=1,",
    "//,",
  ),
  text(6).map((name) => `/${name},`),
);

const body = fc.constantFrom(
  ...[
    '["echo",1]',
    '["echo",{"a":[null]}]',
    '["join","room"]',
    '["leave","room"]',
    '["ask"]',
    '["broadcast",1]',
    "[]",
    "",
    '["error"]',
  ],
  ...[
    "{}",
    '{"token":1}',
    '{"pid":"x","offset":"y"}',
    '["disconnect"]',
    "[1,2]",
    '"x"',
    '["echo",{"_placeholder":true,"num":0}]',
  ],
);

const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom("0", "1", "2", "3", "4", "51-", "52-", "61-", "50-"),
        namespace,
        fc.constantFrom("", "0", "1", "12"),
        body,
      )
      .map((parts) => parts.join("")),
  },
  { weight: 2, arbitrary: fc.constantFrom("0", "0/a,", "0/dyn-1,", "1", '2["echo",1]') },
  { weight: 1, arbitrary: bytes(20) },
  { weight: 1, arbitrary: text(20) },
);

/** A server of Socket.IO from the messages of the engine up: packets of protocol 5 and of Socket.IO 2, in any order. */
export function socketServer(plant: (peer: FakeConnection) => void = () => {}): Fuzzer<Input> {
  return {
    name: "socket-server",
    inputs: fc.record({
      protocol: fc.constantFrom(3, 4),
      transport: fc.constantFrom("websocket", "polling"),
      reads: fc.array(fc.array(fc.record({ message, changes: changes(text(2), 1) }), { minLength: 1, maxLength: 5 }), {
        maxLength: 6,
      }),
    }),
    start: () => Subject.start(plant),
  };
}

class Subject implements Target<Input> {
  readonly #io: Server;
  readonly #engine: FakeEngine;
  readonly #healthy: FakeConnection;
  readonly #plant: (peer: FakeConnection) => void;
  #asked = 0;

  private constructor(io: Server, engine: FakeEngine, healthy: FakeConnection, plant: (peer: FakeConnection) => void) {
    this.#io = io;
    this.#engine = engine;
    this.#healthy = healthy;
    this.#plant = plant;
  }

  static async start(plant: (peer: FakeConnection) => void): Promise<Subject> {
    const { io, engine } = serve({ cleanupEmptyChildNamespaces: true });
    application(io);
    const healthy = engine.connect();
    await healthy.join();
    return new Subject(io, engine, healthy, plant);
  }

  async feed({ protocol, transport, reads }: Input): Promise<void> {
    const peer = this.#engine.connect(transport, undefined, protocol);
    this.#plant(peer);
    for (const read of reads) {
      peer.receive(
        ...read.map((part) =>
          typeof part.message === "string" ? changedText(part.message, part.changes) : part.message,
        ),
      );
      await ticks();
    }
    await this.#ask();
    peer.end("transport close");
    await ticks();
    // The engine of this test keeps what it has made.
    this.#engine.connections.splice(1);
    this.#checkRest();
  }

  async #ask(): Promise<void> {
    const id = ++this.#asked;
    this.#healthy.take();
    this.#healthy.receive(`2${id}["echo","still there?"]`);
    await ticks();
    const answers = this.#healthy.take();
    assert.ok(answers.includes(`3${id}["still there?"]`), `the client beside it got ${answers.join(" ")}`);
  }

  /** Of the peer that has left nothing is there any more. */
  #checkRest(): void {
    const { adapter, sockets } = this.#io.of("/");
    assert.equal(sockets.size, 1, "sockets");
    assert.deepEqual([adapter.sids.size, adapter.rooms.size], [1, 1], "rooms");
    for (const [name, { adapter: other, sockets: members }] of this.#io._nsps) {
      if (name !== "/") assert.deepEqual([members.size, other.rooms.size], [0, 0], name);
      assert.ok(!name.startsWith("/dyn-"), `${name} is empty, and still there`);
    }
  }
}

/** As people write them: it answers, joins, asks and lets in, or not. */
function application(io: Server): void {
  io.of("/a");
  io.of("/slow").use((_socket, next) => setImmediate(next));
  io.of("/refused").use((_socket, next) => next(new Error("no")));
  io.of(/^\/dyn-\d$/);
  for (const name of ["/", "/a", "/slow", "/refused"]) io.of(name).on("connection", onConnection);
  io.on("listener_error", (error) => assert.fail(error as Error));
}

function onConnection(socket: import("socket.io").Socket): void {
  socket.on("error", () => {});
  socket.on("echo", (...args: unknown[]) => {
    const answer = args.at(-1);
    if (typeof answer === "function") answer(...args.slice(0, -1));
    else socket.emit("echo", ...args);
  });
  socket.on("join", (room: string) => socket.join(room));
  socket.on("leave", (room: string) => socket.leave(room));
  socket.on("ask", () => socket.emit("question", () => {}));
  socket.on("broadcast", (value: unknown) => socket.nsp.emit("news", value));
}
