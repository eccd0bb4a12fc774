import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FrameDecoder } from "engine.io-parser/session";
import { Decoder as MsgpackDecoder } from "socket.io-msgpack-parser";
import { Encoder } from "socket.io-parser";
import { OwnEngine } from "../../packages/engine.io/src/websocket/own-engine.ts";
import { homes } from "../interop/implementations.ts";
import type { SetUp } from "../hostile/victim.ts";
import { fuzz, type Fuzzer } from "./fuzzer.ts";
import { cluster } from "./fuzzers/cluster.ts";
import { engineFrames } from "./fuzzers/engine-frames.ts";
import { CODEC_3, CODEC_4, enginePackets } from "./fuzzers/engine-packets.ts";
import { http } from "./fuzzers/http.ts";
import { msgpack } from "./fuzzers/msgpack.ts";
import { socketPackets, type PacketParser } from "./fuzzers/socket-packets.ts";
import { socketServer } from "./fuzzers/socket-server.ts";
import { upgradeRaces } from "./fuzzers/upgrade-races.ts";
import { websocket } from "./fuzzers/websocket.ts";

/* Each fuzzer finds what is known to be there, from a fixed seed, within so many inputs, and without its corpus. */

const SEED = 9;

/** @param what how that finding says it, and no other: a release may have several holes */
function finds<Input>(title: string, fuzzer: Fuzzer<Input>, inputs: number, what: RegExp): void {
  test(`${fuzzer.name} finds ${title} within ${inputs} inputs`, async () => {
    const { finding } = await fuzz(lookingFor(fuzzer, what), { seed: SEED, inputs, corpus: false, shrinks: false });
    assert.ok(finding !== null, "nothing was found");
    assert.match(finding.error.message, what);
  });
}

function lookingFor<Input>(fuzzer: Fuzzer<Input>, what: RegExp): Fuzzer<Input> {
  return {
    ...fuzzer,
    async start() {
      const target = await fuzzer.start();
      return {
        settle: () => target.settle?.(),
        stop: () => target.stop?.(),
        async feed(input) {
          try {
            await target.feed(input);
          } catch (error) {
            if (what.test((error as Error).message)) throw error;
          }
        },
      };
    },
  };
}

describe("known holes of old releases", () => {
  const require = createRequire(join(homes.upstream, "..", "package.json"));
  /** Its encoder changes the packet that it is given. */
  const parser = (version: string): PacketParser => {
    const { Decoder } = require(`socket.io-parser-${version}`) as PacketParser;
    return { Encoder, Decoder };
  };

  // CVE-2026-69185
  finds("that socket.io-parser 4.2.6 keeps bytes", socketPackets(parser("4.2.6")), 500, /that no packet has announced/);
  // CVE-2022-2421
  finds(
    "that socket.io-parser 4.2.0 takes names for indices",
    socketPackets(parser("4.2.0")),
    2000,
    /placeholder stands for no/,
  );
  // CVE-2023-32695
  finds("that socket.io-parser 4.2.2 takes objects for names", socketPackets(parser("4.2.2")), 2000, /is none: object/);
  // CVE-2023-31125
  const engine641 = { maker: "upstream", name: "engine.io-6.4.1", kind: "engine.io", version: /^6\.4\.1$/ } as const;
  finds(
    "that engine.io 6.4.1 falls over the name of a transport",
    http(engine641),
    300,
    /process has ended[^]*TypeError/,
  );
});

describe("faults that were planted", () => {
  finds(
    "a revision 3 that counts bytes where characters belong",
    enginePackets(3, {
      ...CODEC_3,
      encodePayload: (packets, supportsBinary) =>
        String(CODEC_3.encodePayload(packets, supportsBinary)).replace(/^\d+(?=:)/, (length) =>
          packets.length === 0 ? length : String(Buffer.byteLength(String(CODEC_3.encodePacket(packets[0]!, false)))),
        ),
    }),
    100,
    /./,
  );
  finds(
    "a revision 4 without a limit of packets",
    enginePackets(4, { ...CODEC_4, decodePayload: (payload) => CODEC_4.decodePayload(payload, Infinity) }),
    500,
    /packets of/,
  );
  finds(
    "frames whose beginning is forgotten when it comes alone",
    engineFrames((maxPayload, onPacket) => ({
      receive: (chunk) => new FrameDecoder(maxPayload, undefined, onPacket).receive(chunk),
    })),
    100,
    /it is something else/,
  );
  finds(
    "MessagePack whose ids are not checked",
    msgpack(
      () =>
        new (class extends MsgpackDecoder {
          override add(message: Uint8Array): void {
            try {
              super.add(message);
            } catch (error) {
              if ((error as Error).message !== "invalid packet id") throw error;
              this.emitReserved("decoded", { type: 1, nsp: "/", id: -1 });
            }
          }
        })(),
    ),
    5000,
    /an id -1/,
  );
  finds(
    "a server that lets errors of the decoder through",
    socketServer(({ receiver }) => {
      const { decoder } = receiver as unknown as { decoder: { add(data: unknown): void } };
      receiver!.onData = (data) => decoder.add(data);
    }),
    50,
    /./,
  );
  finds(
    "a server that forgets sockets in their rooms",
    socketServer(({ receiver }) => {
      receiver!.onClose = () => {};
    }),
    200,
    /sockets|rooms/,
  );
  const engine = new OwnEngine(() => {});
  finds(
    "a WebSocket that drops what came with the upgrade request",
    websocket((req, socket, _head, ...rest) => engine.accept(req, socket, Buffer.alloc(0), ...rest)),
    50,
    /something else/,
  );
  finds(
    "a server that moves to the WebSocket without what waits for the last poll",
    upgradeRaces(({ server: { session } }) => {
      const switchTo = session.switchTo.bind(session);
      session.switchTo = (transport) => {
        (session as unknown as { queue: unknown[] }).queue.length = 0;
        switchTo(transport);
      };
    }),
    2000,
    /lost|what came from/,
  );
  finds(
    "an adapter that believes what other servers send",
    cluster((kind, create) => (nsp) => {
      const adapter = create(nsp);
      if (kind !== "heartbeat") return adapter;
      const credulous = adapter as unknown as { onMessage(message: { data: { opts: { rooms: string[] } } }): void };
      const onMessage = credulous.onMessage.bind(adapter);
      credulous.onMessage = (message) => {
        if ([...message.data.opts.rooms].length < 1000) onMessage(message);
      };
      return adapter;
    }),
    200,
    /Cannot read properties|not iterable/,
  );
  const keeping: SetUp = (world) => {
    world.ready = ({ engine: server, seen }) => {
      server.on("connection", (socket) => {
        seen.push(Buffer.alloc(1_000_000));
        socket.on("message", (data: string) => socket.send(data));
      });
    };
    return { allowEIO3: true };
  };
  finds("a server that keeps a megabyte of each session", http(undefined, keeping), 100, /has grown by/);
});
