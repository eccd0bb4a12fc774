import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test, { describe } from "node:test";
import { acks } from "./behaviours/acks.js";
import { binary } from "./behaviours/binary.js";
import { connect } from "./behaviours/connect.js";
import { disconnect } from "./behaviours/disconnect.js";
import { events } from "./behaviours/events.js";
import { middleware } from "./behaviours/middleware.js";
import { namespaces } from "./behaviours/namespaces.js";
import { protocol4 } from "./behaviours/protocol-4.js";
import { recovery } from "./behaviours/recovery.js";
import { rooms } from "./behaviours/rooms.js";
import {
  homes,
  loadClient,
  loadParser,
  loadServer,
  type ClientLibrary,
  type Maker,
  type ServerLibrary,
} from "./implementations.js";
import { exempt } from "./old-releases.js";
import { Stage, type Behaviours, type TransportMode } from "./stage.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const requires: Record<Maker, NodeJS.Require> = {
  ours: createRequire(`${root}/package.json`),
  upstream: createRequire(`${root}/peers/package.json`),
};

const NAME = "socket.io-msgpack-parser";
const VERSIONS: Record<Maker, string> = { ours: "3.100.0", upstream: "3.0.2" };

/** The server of a maker, which uses its parser unless the behaviour gives options that say otherwise. */
function serverOf(maker: Maker): ServerLibrary {
  const library = loadServer(maker);
  const parser = loadParser(maker);
  class Server extends library.Server {
    constructor(http: never, options: object) {
      super(http, { parser, ...options });
    }
  }
  return { ...library, Server } as unknown as ServerLibrary;
}

function clientOf(maker: Maker): ClientLibrary {
  const library = loadClient(maker);
  const parser = loadParser(maker);
  class Manager extends library.Manager {
    constructor(uri: never, options: object) {
      super(uri, { parser, ...options });
    }
  }
  const io = (uri: string, options: object): unknown => library.io(uri, { parser, ...options });
  return { ...library, io, Manager } as unknown as ClientLibrary;
}

/**
 * The client of 2.5 with a parser of 3.x, which it cannot use as it is: encoders of 2.x answer by callback, and the client
 * marks events with bytes by types of their own (protocols.md 4.1), which msgpack has no use for and its decoders refuse.
 */
function client2Of(maker: Maker): ClientLibrary {
  const library = loadClient("upstream 2.5.0");
  const parser = loadParser(maker);
  class Encoder extends parser.Encoder {
    override encode(packet: MsgpackPacket, done?: (encoded: unknown[]) => void): never {
      const given: number = packet.type;
      const type = given > LAST_TYPE ? given - BINARY_OFFSET : given;
      done?.(super.encode({ ...packet, type }));
      return undefined as never;
    }
  }
  const with2 = (options: object): object => ({ parser: { ...parser, Encoder }, ...options });
  class Manager extends library.Manager {
    constructor(uri: string, options: object) {
      super(uri, with2(options));
    }
  }
  const io = (uri: string, options: object): unknown => library.io(uri, with2(options));
  return { ...library, io, Manager } as unknown as ClientLibrary;
}

type MsgpackPacket = Parameters<import("socket.io-msgpack-parser").Encoder["encode"]>[0];

/** CONNECT_ERROR. The types of events and answers with bytes follow, each three above that of one without. */
const LAST_TYPE = 4;
const BINARY_OFFSET = 3;

const subjects: Readonly<Record<string, Behaviours>> = {
  connect,
  namespaces,
  middleware,
  events,
  acks,
  binary,
  rooms,
  disconnect,
  recovery,
};
const transports: readonly TransportMode[] = ["polling", "websocket"];
const pairings: readonly (readonly [server: Maker, client: Maker])[] = [
  ["ours", "ours"],
  ["ours", "upstream"],
  ["upstream", "ours"],
  ["upstream", "upstream"],
];

/** What is true of JSON only; what msgpack makes of such values is tested in the parser's package. */
const NOT_HERE: Readonly<Record<string, string>> = {
  "any JSON arguments travel to the server": "half a surrogate pair is no UTF-8",
  "any JSON arguments travel to the client": "half a surrogate pair is no UTF-8",
  "values that JSON lacks become what JSON makes of them": "msgpack has dates, NaN and undefined",
  "eleven attachments end the connection": "there are no attachments",
};

/** Where upstream's parser is on one side: it writes the whole buffer behind a view (protocols.md 9.2, 13). */
const OURS_ONLY = "ArrayBuffer, typed arrays and views travel as their own bytes";

test("the parsers are those of their makers, by real path and version", () => {
  for (const maker of ["ours", "upstream"] as const) {
    const entry = realpathSync(requires[maker].resolve(NAME));
    assert.ok(entry.startsWith(homes[maker]), entry);
    const { version } = requires[maker](`${NAME}/package.json`) as { version: string };
    assert.equal(version, VERSIONS[maker]);
  }
});

test("each behaviour that is left out exists", () => {
  const names = Object.values(subjects).flatMap((behaviours) => Object.keys(behaviours));
  for (const name of [...Object.keys(NOT_HERE), OURS_ONLY]) assert.ok(names.includes(name), name);
});

for (const [server, client] of pairings) {
  for (const transport of transports) {
    describe(`msgpack: ${client} client on ${server} server over ${transport}`, () => {
      const cell = { server: serverOf(server), client: clientOf(client), transport };
      for (const [subject, behaviours] of Object.entries(subjects)) {
        for (const [name, behaviour] of Object.entries(behaviours)) {
          if (name in NOT_HERE || (name === OURS_ONLY && (server === "upstream" || client === "upstream"))) continue;
          test(`${subject}: ${name}`, () => Stage.run(cell, behaviour));
        }
      }
    });
  }
}

/** Those that the client of 2.5 can be asked for, and its own. */
const subjects2: Readonly<Record<string, Behaviours>> = { ...subjects, "protocol 4": protocol4 };
const transports2: readonly TransportMode[] = ["polling", "websocket", "upgrade"];

for (const [server, parser] of pairings) {
  for (const transport of server === "ours" ? transports2 : transports) {
    describe(`msgpack: 2.5 client with the ${parser} parser on ${server} server over ${transport}`, () => {
      const cell = {
        server: serverOf(server),
        client: client2Of(parser),
        transport,
        serverOptions: { allowEIO3: true },
      };
      const exempted = exempt(server, "upstream 2.5.0");
      for (const [subject, behaviours] of Object.entries(subjects2)) {
        for (const [name, behaviour] of Object.entries(behaviours)) {
          if (exempted.has(`${subject}: ${name}`)) continue;
          if (name in NOT_HERE || (name === OURS_ONLY && (server === "upstream" || parser === "upstream"))) continue;
          test(`${subject}: ${name}`, () => Stage.run(cell, behaviour));
        }
      }
    });
  }
}

/** Packets and their bytes (protocols.md 5). */
const BYTES: readonly (readonly [packet: object, hex: string])[] = [
  [{ type: 0, nsp: "/" }, "82a47479706500a36e7370a12f"],
  [{ type: 1, nsp: "/" }, "82a47479706501a36e7370a12f"],
  [{ type: 2, data: ["foo"], nsp: "/" }, "83a47479706502a46461746191a3666f6fa36e7370a12f"],
  [{ type: 2, data: ["foo"], id: 12, nsp: "/" }, "84a47479706502a46461746191a3666f6fa269640ca36e7370a12f"],
  [
    { type: 2, data: ["a", Buffer.from([1, 2, 3, 4])], nsp: "/" },
    "83a47479706502a46461746192a161c40401020304a36e7370a12f",
  ],
  [{ id: 12, type: 3, data: ["bar"], nsp: "/" }, "84a269640ca47479706503a46461746191a3626172a36e7370a12f"],
];

const REFUSED: readonly (readonly [packet: object, message: string])[] = [
  [{ type: 5, nsp: "/" }, "invalid packet type"],
  [{ type: -1, nsp: "/" }, "invalid packet type"],
  [{ type: 1.5, nsp: "/" }, "invalid packet type"],
  [{ nsp: "/" }, "invalid packet type"],
  [{ type: 2, data: ["a"] }, "invalid namespace"],
  [{ type: 2, data: ["a"], nsp: 5 }, "invalid namespace"],
  [{ type: 0, data: [], nsp: "/" }, "invalid payload"],
  [{ type: 0, data: null, nsp: "/" }, "invalid payload"],
  [{ type: 1, data: {}, nsp: "/" }, "invalid payload"],
  [{ type: 2, nsp: "/" }, "invalid payload"],
  [{ type: 3, data: {}, nsp: "/" }, "invalid payload"],
  [{ type: 4, data: 1, nsp: "/" }, "invalid payload"],
  [{ type: 3, data: [], id: 1.5, nsp: "/" }, "invalid packet id"],
  [{ type: 3, data: [], id: "1", nsp: "/" }, "invalid packet id"],
];

for (const maker of ["ours", "upstream"] as const) {
  describe(`the msgpack parser, ${maker}`, () => {
    const parser = loadParser(maker);

    test("has a protocol, five types of packets, an encoder and a decoder", () => {
      assert.deepEqual(
        Object.keys(parser).toSorted(),
        [...(maker === "ours" ? ["DecodeError"] : []), "Decoder", "Encoder", "PacketType", "protocol"].toSorted(),
      );
      assert.equal(parser.protocol, 5);
      assert.deepEqual(parser.PacketType, { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 });
    });

    test("is CommonJS without a map of exports", () => {
      const manifest = requires[maker](`${NAME}/package.json`) as { exports?: unknown; type?: string };
      assert.deepEqual([manifest.exports, manifest.type ?? "commonjs"], [undefined, "commonjs"]);
    });

    test("makes one message of a packet, a map with its members in their order", () => {
      for (const [packet, hex] of BYTES) {
        const encoded = new parser.Encoder().encode(packet as MsgpackPacket);
        assert.deepEqual(
          encoded.map((message) => Buffer.from(message).toString("hex")),
          [hex],
        );
      }
    });

    test("reads a packet back, with whatever members it has", () => {
      const packet = { type: 2, data: ["a", { b: [null, true, "é"] }], options: { compress: true }, id: 3, nsp: "/x" };
      const read: unknown[] = [];
      const decoder = new parser.Decoder();
      decoder.on("decoded", (decoded) => read.push(decoded));
      const [message] = new parser.Encoder().encode(packet);
      decoder.add(message);
      assert.deepEqual(read, [packet]);
    });

    test("says what is wrong with a packet", () => {
      for (const [packet, message] of REFUSED) {
        const [encoded] = new parser.Encoder().encode(packet as MsgpackPacket);
        assert.throws(() => new parser.Decoder().add(encoded), { message }, JSON.stringify(packet));
      }
    });
  });
}
