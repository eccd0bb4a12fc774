import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket as TcpSocket } from "node:net";
import { sep } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Server, ServerOptions } from "socket.io";
import { homes, loadServer, serverPackages, type Maker } from "../interop/implementations.ts";
import { listening } from "../support/listening.ts";
import { text } from "../support/raw-frames.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";

/** A server under attack. */
export interface Target {
  readonly maker: Maker;
  readonly io: Server;
  readonly port: number;
}

/** How long a test may take, in ms: some faults show as a wait without end. */
export const DEADLINE = { timeout: 120_000 };

type Attack = (target: (options?: Partial<ServerOptions>) => Promise<Target>, t: TestContext) => Promise<void>;

/**
 * Two tests: our server withstands an attack, and upstream 4.8.4 does not, which shows that the test can fail. An attack asserts
 * the defence.
 */
export function attack(title: string, run: Attack): void {
  test(`${title}: ours withstands`, DEADLINE, (t) => run((options) => serve(t, "ours", options), t));
  test(`${title}: 4.8.4 does not`, DEADLINE, async (t) => {
    await assert.rejects(
      run((options) => serve(t, "upstream", options), t),
      assert.AssertionError,
    );
  });
}

/** Our server alone withstands; how the test is known to be able to fail is said in its file. */
export function withstands(title: string, run: Attack): void {
  test(title, DEADLINE, (t) => run((options) => serve(t, "ours", options), t));
}

async function serve(t: TestContext, maker: Maker, options: Partial<ServerOptions> = {}): Promise<Target> {
  const http = createServer();
  const { Server } = loadServer(maker);
  for (const { name, entry } of serverPackages(maker)) {
    assert.ok(entry.startsWith(homes[maker] + sep), `${name} is ${entry}`);
  }
  const io = new Server(http, options);
  return { maker, io, port: await listening(t, http, io.engine) };
}

/** A WebSocket peer that joins the main namespace, and reads nothing from then on. */
export async function deafPeer(t: TestContext, port: number): Promise<TcpSocket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(upgradeRequest("/socket.io/?EIO=4&transport=websocket"));
  let answer = "";
  while (!answer.includes("pingInterval")) answer += String((await once(socket, "data"))[0]);
  socket.pause();
  socket.write(text("40"));
  return socket;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of the heap and of buffers outside it that are in use, after collection. */
export async function memory(): Promise<number> {
  // What was closed lets go of its buffers in the turns after.
  for (let round = 0; round < 3; round++) {
    await turn();
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const MIB = 1024 * 1024;
