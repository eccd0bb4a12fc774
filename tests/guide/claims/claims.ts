import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, describe, test } from "node:test";
import type { Socket } from "socket.io-client";
import { type BrowserTest, browserTest } from "../../browser/support/chromium.js";
import {
  clientPackages,
  type ClientRelease,
  homes,
  loadClient,
  loadServer,
  serverPackages,
} from "../../interop/implementations.js";
import { type ClientOptions, Stage } from "../../interop/stage.js";
import type { Heading } from "../headings.js";
import { clearFolder } from "../support/compiler.js";

/** What the guide says under one heading, in our words: real servers and clients, without the guide's text. */
export type Claim = (stage: Stage) => Promise<void>;

/** The same, where it takes a browser. */
export interface BrowserClaim {
  readonly inChromium: (stage: Stage, open: BrowserTest["open"]) => Promise<void>;
}

export type Claims = Readonly<Partial<Record<Heading, Readonly<Record<string, Claim | BrowserClaim>>>>>;

/** One test for each claim, in suites with the guide's headings. */
export function testClaims(claims: Claims): void {
  const cell = { server: loadServer("ours"), client: loadClient("ours"), transport: "websocket" } as const;
  for (const [heading, ofHeading] of Object.entries(claims)) {
    describe(heading, () => {
      for (const [title, claim] of Object.entries(ofHeading)) {
        if (typeof claim === "function") test(title, () => Stage.run(cell, claim, DEADLINE_MS));
        else browserTest(title, ({ open }) => Stage.run(cell, (stage) => claim.inChromium(stage, open), DEADLINE_MS));
      }
    });
  }
  after(clearFolder);
  test("server and client of these tests are ours, by real path", () => {
    for (const { name, entry, loaded } of [...serverPackages("ours"), ...clientPackages("ours")]) {
      assert.ok(entry.startsWith(homes.ours + sep), `${name} is ${entry}`);
      assert.equal(loaded, true);
    }
  });
}

/** How long a claim may take on a machine that is busy: some start a browser or a compiler. */
const DEADLINE_MS = 60_000;

const VERSIONS = { upstream: "4.8.4", "upstream 3.1.3": "3.1.3", "upstream 2.5.0": "2.5.0" } as const;

/** A client of upstream's at the stage's newest server, of the release that it says. */
export function upstreamClient(
  stage: Stage,
  release: Exclude<ClientRelease, "ours">,
  options: ClientOptions = {},
  target = "/",
): Socket {
  const { io } = loadClient(release);
  const [client] = clientPackages(release);
  assert.equal(client?.version, VERSIONS[release]);
  assert.ok(client.entry.startsWith(homes.upstream + sep), client.entry);
  const defaults = { forceNew: true, reconnection: false, ...stage.transportOptions };
  return stage.track(io(`http://127.0.0.1:${stage.port}${target}`, { ...defaults, ...options }));
}

/** Asserts that an object has none of the names of 2.x. */
export function lacks(target: object, ...names: string[]): void {
  for (const name of names) assert.equal(Reflect.get(target, name), undefined, name);
}

/** Every event of the application that reaches these sockets until all have heard a fence. */
export async function heardBy(
  stage: Stage,
  sockets: readonly Listening[],
  fence: () => void,
  act: () => unknown,
): Promise<unknown[][]> {
  const logs = sockets.map((socket) => {
    const log: unknown[] = [];
    socket.onAny((...event: unknown[]) => event[0] === "fence" || log.push(event));
    return log;
  });
  const fences = sockets.map((socket) => stage.event(socket, "fence"));
  await act();
  fence();
  await Promise.all(fences);
  return logs;
}

interface Listening {
  onAny(listener: (...event: unknown[]) => void): unknown;
}
