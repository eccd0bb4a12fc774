import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Socket } from "socket.io-client";
import { loadClient } from "../../../tests/interop/implementations.ts";
import { http, RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import type { Way } from "./support/shutdown-child.ts";

/** Only so that a server that hangs fails the test. */
const DEADLINE_MS = 30_000;

class Child {
  readonly log: unknown[][] = [];
  readonly #process: ChildProcess;
  #wake = (): void => {};

  constructor(t: TestContext, way: Way, options: object) {
    const script = fileURLToPath(new URL("support/shutdown-child.ts", import.meta.url));
    this.#process = fork(script, [way, JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      this.log.push(JSON.parse(line) as unknown[]);
      this.#wake();
    });
    t.after(() => this.#process.kill("SIGKILL"));
  }

  /** The first `count` lines of a kind. */
  async lines(kind: string, count = 1): Promise<unknown[][]> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const found = this.log.filter(([first]) => first === kind);
      if (found.length >= count) return found;
      if (deadline.aborted) throw new Error(`no "${kind}" in time, but ${JSON.stringify(this.log)}`);
      await Promise.race([
        new Promise<void>((resolve) => (this.#wake = resolve)),
        once(deadline, "abort").catch(() => {}),
      ]);
    }
  }

  close(): void {
    this.#process.send("close");
  }
}

/** A GET over a connection that stays. */
async function keepAlive(port: number, path: string, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, host: "127.0.0.1", path, agent }), "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return response;
}

for (const way of ["port", "server", "bound"] as const) {
  for (const options of [{}, { connectionStateRecovery: {} }]) {
    const title = `a server ${way === "port" ? "on a port" : way === "server" ? "on an HTTP server" : "bound to an engine"}${
      "connectionStateRecovery" in options ? ", with recovery" : ""
    }: close() writes what was emitted, cuts everybody off, and the process exits by itself`;
    test(title, async (t) => {
      const child = new Child(t, way, options);
      const port = (await child.lines("port"))[0]![1] as number;
      const agent = new Agent({ keepAlive: true });
      t.after(() => agent.destroy());

      // Idle connections: of a stranger, and of a polling client between two polls.
      await keepAlive(port, "/elsewhere", agent);
      await keepAlive(port, "/socket.io/?EIO=4&transport=polling", agent);

      // Two open WebSockets.
      const sockets = [await new RawWebSocket(port).opened(), await new RawWebSocket(port).opened()];
      for (const socket of sockets) {
        socket.send("40");
        await socket.receive(5);
      }
      // A polling client whose GET is held.
      const polling = new RawPolling(port);
      await polling.handshake();
      await polling.post("40");
      await polling.receive(4);
      const held = polling.poll();
      // A GET that is held on a connection that stays, of a client that has joined nothing.
      const idle = new RawPolling(port);
      await idle.handshake();
      const heldForNothing = keepAlive(port, `/socket.io/?EIO=4&transport=polling&sid=${idle.sid}`, agent);
      // A WebSocket that has probed and never moves, and one that never even asks.
      const upgrading = [new RawPolling(port), new RawPolling(port)];
      for (const peer of upgrading) {
        await peer.handshake();
        await peer.post("40");
        await peer.receive(4);
      }
      const probe = await new RawWebSocket(port, `&sid=${upgrading[0]!.sid}`).opened();
      probe.send("2probe");
      assert.deepEqual(await probe.receive(1), ["3probe"]);
      const silent = await new RawWebSocket(port, `&sid=${upgrading[1]!.sid}`).opened();
      // A middleware that never answers.
      const waiting = await new RawWebSocket(port).opened();
      waiting.send("40/slow,");
      await child.lines("middleware entered");
      // Handshakes in a middleware of the engine that never answers.
      const stuck = http(port, "GET", "/socket.io/?EIO=4&transport=polling&stuck=1");
      const stuckUpgrade = new RawWebSocket(port, "&stuck=1");
      await child.lines("engine middleware entered", 2);
      // Clients.
      const clients = [];
      for (const maker of ["ours", "upstream"] as const) {
        for (const transports of [["websocket" as const], ["polling" as const]]) {
          const { io } = loadClient(maker);
          const client: Socket = io(`http://127.0.0.1:${port}`, { transports, reconnection: false, forceNew: true });
          t.after(() => client.disconnect());
          await once(client as never, "connect");
          const got: unknown[] = [];
          client.on("bye", (n: number) => got.push(n));
          const gone = once(client as never, "disconnect");
          clients.push({ maker, transports, got, gone });
        }
      }
      const connections = 5 + clients.length;
      await child.lines("connection", connections);

      child.close();

      for (const socket of sockets) {
        assert.deepEqual(byes(await socket.receive(5)), [1, 2, 3], "a WebSocket gets what was emitted before");
      }
      assert.equal((await heldForNothing).statusCode, 200);
      assert.match((await held).body, /\["ask all"\]/, "a held GET is answered with the first of it");
      for (const { maker, transports, got, gone } of clients) {
        const [reason] = await gone;
        if (transports[0] === "websocket") {
          assert.equal(reason, "transport close", maker);
          assert.deepEqual(got, [1, 2, 3], maker);
        } else {
          // Its GET has just been answered: the next one finds nobody.
          assert.match(String(reason), /^transport (close|error)$/, maker);
        }
      }
      assert.match(String((await silent.receive(1))[0]), /^closed/);
      assert.match(String((await waiting.receive(1)).at(-1)), /^0/);

      assert.ok((await stuck).status >= 400, "a handshake under way is refused");
      assert.match(String((await stuckUpgrade.receive(1))[0]), /^error|^closed/);

      const exit = await child.lines("exit");
      assert.deepEqual(exit, [["exit", 0]]);
      const after = child.log.slice(child.log.findIndex(([first]) => first === "disconnecting"));
      const count = (...line: unknown[]): number =>
        after.filter((each) => JSON.stringify(each) === JSON.stringify(line)).length;
      assert.equal(count("disconnecting", "server shutting down"), connections);
      assert.equal(count("disconnect", "server shutting down"), connections);
      assert.equal(count("ack rejected", "socket has been disconnected"), connections);
      const stages = after.map(([first]) => first).filter((first) => !/^(disconnect|ack rejected)/.test(String(first)));
      const code = way === "bound" ? null : "ERR_SERVER_NOT_RUNNING";
      assert.deepEqual(stages, [
        "adapter closed",
        "adapter closed",
        ...(way === "bound" ? [] : ["http closed"]),
        "callback",
        "promise",
        "adapter closed",
        "adapter closed",
        // Node tells it for each call.
        ...(way === "bound" ? [] : ["http closed"]),
        "second callback",
        "second promise",
        ...(way === "bound" ? ["http closed"] : []),
        "exit",
      ]);
      assert.equal(count("callback", null), 1);
      assert.equal(count("second callback", code), 1);
      assert.equal(count("second promise", 0), 1);
    });
  }
}

/** The arguments of the events `bye` among what a peer got. */
function byes(messages: readonly (string | Buffer)[]): number[] {
  return messages.flatMap((message) => /\["bye",(\d)/.exec(String(message))?.[1] ?? []).map(Number);
}
