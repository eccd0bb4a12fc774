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
import { protocol4 } from "./behaviours/protocol-4.js";
import { reconnect } from "./behaviours/reconnect.js";
import { recovery } from "./behaviours/recovery.js";
import { rooms } from "./behaviours/rooms.js";
import { upgrade } from "./behaviours/upgrade.js";
import {
  type ClientRelease,
  clientPackages,
  homes,
  loadClient,
  loadedFilesOf,
  loadServer,
  type LoadedPackage,
  type Maker,
  makerOf,
  type ServerRelease,
  serverPackages,
} from "./implementations.js";
import { exempt } from "./old-releases.js";
import { type Behaviours, Stage, type TransportMode } from "./stage.js";

export interface Pairing {
  readonly server: ServerRelease;
  readonly client: ClientRelease;
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
  recovery,
  upgrade,
};

const transports: readonly TransportMode[] = ["polling", "websocket", "upgrade"];

/** Versions of the nine packages have the form x.100.0, which upstream has not reached. */
const oursVersion = /^\d+\.100\.\d+$/;

const SERVER_VERSIONS = { upstream: "4.8.4", "upstream 3.1.2": "3.1.2", "upstream 2.5.1": "2.5.1" };

/** Versions of the packages of upstream's clients, in the order of `clientPackages`. */
const VERSIONS: Readonly<Record<Exclude<ClientRelease, "ours">, readonly RegExp[]>> = {
  upstream: [/^4\.8\.4$/, /^6\./, /^5\./, /^4\.2\./],
  "upstream 3.1.3": [/^3\.1\.3$/, /^4\./, /^4\./, /^4\.0\./],
  "upstream 2.5.0": [/^2\.5\.0$/, /^3\.5\./, /^2\./, /^3\.3\./],
};

/** Every behaviour over every transport, for one pairing. One test file per pairing, so that they run side by side. */
export function runInterop(pairing: Pairing): void {
  const server = loadServer(pairing.server);
  const client = loadClient(pairing.client);
  // Only clients of 2.x need to be allowed; the others have to do without.
  const serverOptions = pairing.client === "upstream 2.5.0" ? { allowEIO3: true } : {};
  const exempted = exempt(pairing.server, pairing.client);
  const asked = Object.entries(pairing.client === "upstream 2.5.0" ? { ...subjects, protocol4 } : subjects).flatMap(
    ([subject, behaviours]) =>
      Object.entries(behaviours).map(([name, behaviour]) => ({ title: `${subject}: ${name}`, behaviour })),
  );

  test(`the server is ${pairing.server} and the client is ${pairing.client}, by real path and version`, () => {
    const ofServer = serverPackages(pairing.server);
    if (pairing.server !== "ours") assert.equal(ofServer[0]?.version, SERVER_VERSIONS[pairing.server]);
    provePackages(ofServer, makerOf(pairing.server));
    const ofClient = clientPackages(pairing.client);
    provePackages(ofClient, makerOf(pairing.client));
    if (pairing.client !== "ours") {
      ofClient.forEach(({ version }, index) => assert.match(version, VERSIONS[pairing.client as "upstream"][index]!));
    }
    if (makerOf(pairing.server) === makerOf(pairing.client)) {
      const other: Maker = pairing.server === "ours" ? "upstream" : "ours";
      assert.deepEqual(loadedFilesOf(other), [], `nothing of ${other} is loaded`);
    }
  });

  test("there are at least 40 behaviours, and what is not asked for exists", () => {
    const titles = asked.map(({ title }) => title);
    const unknown = [...exempted].filter((title) => !titles.includes(title));
    assert.deepEqual(unknown, []);
    assert.ok(titles.length - exempted.size >= 40, `${titles.length} behaviours, ${exempted.size} not asked for`);
  });

  for (const transport of transports) {
    describe(`${pairing.client} client on ${pairing.server} server over ${transport}`, () => {
      for (const { title, behaviour } of asked) {
        if (exempted.has(title)) continue;
        test(title, () => Stage.run({ server, client, transport, serverOptions }, behaviour));
      }
    });
  }
}

function provePackages(packages: readonly LoadedPackage[], maker: Maker): void {
  for (const { name, version, entry, loaded } of packages) {
    assert.ok(entry.startsWith(homes[maker] + sep), `${name} is ${entry}`);
    assert.equal(oursVersion.test(version), maker === "ours", `${name} has version ${version}`);
    assert.equal(loaded, true, `${entry} is loaded`);
  }
}
