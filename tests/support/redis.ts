import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { findTool } from "../../tools/find-tool.mjs";
import { freePort } from "./free-port.ts";

/** Why tests on Redis are skipped, or false. With CI=true a missing program ends the run before any test. */
export const withoutRedis: string | false = findTool("redis-server") === null ? "redis-server is missing" : false;

/** A redis-server of our own, on a free port of this machine. */
export class RedisServer {
  private constructor(
    readonly port: number,
    public process: ChildProcess,
    private readonly folder: string,
    private readonly args: readonly string[],
  ) {}

  /** @param args further options of redis-server */
  static async start(args: readonly string[] = [], port?: number): Promise<RedisServer> {
    port ??= await freePort();
    const folder = mkdtempSync(join(tmpdir(), "redis-"));
    const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
    return new RedisServer(port, await launch([...options, ...args]), folder, [...options, ...args]);
  }

  /** Ends at once, to be started again. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await ended;
  }

  /** Starts again after {@link kill}, as the node of a cluster that it was. */
  async restart(): Promise<void> {
    this.process = await launch(this.args);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Redis goes away, and another one, which knows nothing, comes to its place.
   *
   * @param ms how long nobody is there
   * @returns the other one
   */
  async stayAway(ms: number): Promise<RedisServer> {
    await this.stop();
    await pass(ms);
    return RedisServer.start([], this.port);
  }
}

async function launch(args: readonly string[]): Promise<ChildProcess> {
  const program = findTool("redis-server");
  if (program === null) throw new Error("redis-server is missing");
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    let log = "";
    server.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("Ready to accept connections")) resolve();
    });
    server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${log}`)));
    server.once("error", reject);
  });
  // What it goes on to print must not fill the pipe.
  server.stdout.resume();
  return server;
}

/** A Redis Cluster of three nodes, all of them masters. */
export class RedisCluster {
  private constructor(readonly nodes: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes: RedisServer[] = [];
    for (let index = 0; index < 3; index++) {
      const bus = await freePort();
      nodes.push(
        await RedisServer.start([
          ...["--cluster-enabled", "yes", "--cluster-port", `${bus}`, "--cluster-config-file", "nodes.conf"],
          ...["--cluster-node-timeout", "2000"],
        ]),
      );
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const create = spawn(
      "redis-cli",
      ["--cluster", "create", ...addresses, "--cluster-replicas", "0", "--cluster-yes"],
      {
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    const code = await new Promise((resolve) => create.once("exit", resolve));
    if (code !== 0) throw new Error(`redis-cli ended with ${String(code)}`);
    await Promise.all(nodes.map(({ port }) => untilClusterIsUp(port)));
    return new RedisCluster(nodes);
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  /** Starts all nodes again. */
  async restart(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.restart()));
    await Promise.all(this.ports.map(untilClusterIsUp));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

/** Asks over one connection until the node says that all slots are served: Redis tells of it in no other way. */
function untilClusterIsUp(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.on("error", reject);
    socket.write("CLUSTER INFO\r\n");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      if (answer.includes("cluster_state:ok")) {
        socket.end();
        resolve();
      } else if (answer.endsWith("\r\n\r\n") || answer.includes("total_cluster_links_buffer_limit_exceeded")) {
        answer = "";
        socket.write("CLUSTER INFO\r\n");
      }
    });
  });
}
