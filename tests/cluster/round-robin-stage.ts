import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { startProxy, type Proxy } from "../support/proxies/proxy.ts";
import { http } from "../support/raw-peer.ts";
import { RedisServer } from "../support/redis.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of three generations have no type in common */

const PROGRAM = fileURLToPath(new URL("round-robin-server.mjs", import.meta.url));
const inPeers = createRequire(new URL("../../peers/package.json", import.meta.url));

export const CLIENTS: Readonly<Record<string, (url: string, options: object) => any>> = {
  "our client": createRequire(import.meta.url)("socket.io-client").io,
  "the client 4.8.4": inPeers("socket.io-client").io,
  "the client 2.5.0": inPeers("sioc2"),
};

/** Servers behind one port, each request of a client to the next of them. */
export interface Stage {
  readonly port: number;
  /** Puts a server in the place of one that has ended. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** Three workers of node:cluster, to which the primary deals out the connections in turn. */
export async function startWorkers(): Promise<Stage> {
  const primary = start("workers", "3");
  const [{ port }] = (await once(primary, "message")) as [{ port: number }];
  return {
    port,
    async restore() {
      primary.send({ fork: true });
      await once(primary, "message");
    },
    async stop() {
      const ended = once(primary, "exit");
      primary.disconnect();
      await ended;
    },
  };
}

/** Two servers on one Redis behind HAProxy, as two machines would be. */
export async function startServers(): Promise<Stage> {
  const redis = await RedisServer.start();
  const proxy: Proxy = await startProxy("haproxy", "haproxy-round-robin.cfg");
  const servers = new Map<number, ChildProcess>();
  const restore = async (): Promise<void> => {
    await Promise.all(
      proxy.servers.map(async (port) => {
        const running = servers.get(port);
        if (running !== undefined && running.exitCode === null && running.signalCode === null) return;
        const server = start("redis", String(redis.port), String(port));
        servers.set(port, server);
        await once(server, "message");
      }),
    );
  };
  await restore();
  await acquainted(proxy.port, proxy.servers.length);
  return {
    port: proxy.port,
    restore,
    async stop() {
      for (const server of servers.values()) server.kill("SIGKILL");
      await proxy.stop();
      await redis.stop();
    },
  };
}

/** Waits until the servers have heard of each other: until sessions that begin at each of them are served by all. */
async function acquainted(port: number, servers: number): Promise<void> {
  for (let good = 0; good < servers;) {
    const path = "/socket.io/?EIO=4&transport=polling";
    const { status, body } = await http(port, "GET", path);
    const sid = status === 200 ? (JSON.parse(body.slice(1)) as { sid: string }).sid : "";
    const answers = [status];
    // Each server gets a packet without a meaning; then the session is closed.
    for (const packet of [...Array.from({ length: servers }, () => "6"), "1"]) {
      answers.push((await http(port, "POST", `${path}&sid=${sid}`, packet)).status);
    }
    good = answers.every((answer) => answer === 200) ? good + 1 : 0;
  }
}

/** A client, gone after the test. It goes on trying without a pause. */
export function connect(t: TestContext, make: string, url: string, options: object): any {
  const client = CLIENTS[make]!(url, {
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 50,
    randomizationFactor: 0,
    ...options,
  });
  t.after(() => client.close());
  return client;
}

export function connected(client: any): Promise<void> {
  return client.connected ? Promise.resolve() : new Promise((resolve) => client.once("connect", resolve));
}

/** Clients of 2.x have no promises. */
export function ask(client: any, ...question: unknown[]): Promise<any> {
  return new Promise((resolve) => client.emit(...question, resolve));
}

export function hears(client: any, event: string): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...args: unknown[]) => resolve(args)));
}

function start(...args: string[]): ChildProcess {
  return startProgram(PROGRAM, ...args);
}

/** A program that the loader which the tests run under does not help. */
export function startProgram(path: string, ...args: string[]): ChildProcess {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  return fork(path, args, { execArgv: [], env });
}
