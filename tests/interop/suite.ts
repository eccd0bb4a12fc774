import assert from "node:assert/strict";
import { sep } from "node:path";
import test, { describe } from "node:test";
import { acks } from "./behaviours/acks.js";
import { binary } from "./behaviours/binary.js";
import { connect } from "./behaviours/connect.js";
import { disconnect } from "./behaviours/disconnect.js";
import { events } from "./behaviours/events.js";
import { middleware } from "./behaviours/middleware.js";
import { namespaces } from "./behaviours/namespaces.js";
import { payloads } from "./behaviours/payloads.js";
import { reconnect } from "./behaviours/reconnect.js";
import { rooms } from "./behaviours/rooms.js";
import { upgrade } from "./behaviours/upgrade.js";
import { homes, loadClient, loadedFilesOf, loadServer, type Maker, packagesOf } from "./implementations.js";
import { type Behaviours, Stage, type TransportMode } from "./stage.js";

export interface Pairing {
  readonly server: Maker;
  readonly client: Maker;
}

const subjects: Readonly<Record<string, Behaviours>> = {
  connect,
  namespaces,
  middleware,
  events,
  payloads,
  acks,
  binary,
  rooms,
  disconnect,
  reconnect,
  upgrade,
};

const transports: readonly TransportMode[] = ["polling", "websocket", "upgrade"];

/** Versions of the nine packages have the form x.100.0, which upstream has not reached. */
const oursVersion = /^\d+\.100\.\d+$/;

/** Every behaviour over every transport, for one pairing. One test file per pairing, so that they run side by side. */
export function runInterop(pairing: Pairing): void {
  const server = loadServer(pairing.server);
  const client = loadClient(pairing.client);

  test(`the server is ${pairing.server} and the client is ${pairing.client}, by real path and version`, () => {
    provePackages(pairing.server, "server");
    provePackages(pairing.client, "client");
    if (pairing.server === pairing.client) {
      const other: Maker = pairing.server === "ours" ? "upstream" : "ours";
      assert.deepEqual(loadedFilesOf(other), [], `nothing of ${other} is loaded`);
    }
  });

  test("there are at least 40 behaviours", () => {
    const count = Object.values(subjects).reduce((sum, behaviours) => sum + Object.keys(behaviours).length, 0);
    assert.ok(count >= 40, `${count} behaviours`);
  });

  for (const transport of transports) {
    describe(`${pairing.client} client on ${pairing.server} server over ${transport}`, () => {
      for (const [subject, behaviours] of Object.entries(subjects)) {
        for (const [name, behaviour] of Object.entries(behaviours)) {
          test(`${subject}: ${name}`, () => Stage.run({ server, client, transport }, behaviour));
        }
      }
    });
  }
}

function provePackages(maker: Maker, side: "server" | "client"): void {
  const packages = packagesOf(maker, side);
  if (maker === "upstream") assert.equal(packages[0]?.version, "4.8.4");
  for (const { name, version, entry, loaded } of packages) {
    assert.ok(entry.startsWith(homes[maker] + sep), `${name} of the ${side} is ${entry}`);
    assert.equal(oursVersion.test(version), maker === "ours", `${name} of the ${side} has version ${version}`);
    assert.equal(loaded, true, `${entry} is loaded`);
  }
}
