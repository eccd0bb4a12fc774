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
import { namespaces } from "./behaviours/namespaces.js";
import { rooms } from "./behaviours/rooms.js";
import {
  homes,
  loadClient,
  loadServer,
  type ClientLibrary,
  type Maker,
  type ServerLibrary,
} from "./implementations.js";
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
  const parser = requires[maker](NAME) as unknown;
  class Server extends library.Server {
    constructor(http: never, options: object) {
      super(http, { parser, ...options });
    }
  }
  return { ...library, Server } as unknown as ServerLibrary;
}

function clientOf(maker: Maker): ClientLibrary {
  const library = loadClient(maker);
  const parser = requires[maker](NAME) as unknown;
  class Manager extends library.Manager {
    constructor(uri: never, options: object) {
      super(uri, { parser, ...options });
    }
  }
  const io = (uri: string, options: object): unknown => library.io(uri, { parser, ...options });
  return { ...library, io, Manager } as unknown as ClientLibrary;
}

const subjects: Readonly<Record<string, Behaviours>> = { connect, namespaces, events, acks, binary, rooms, disconnect };
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
