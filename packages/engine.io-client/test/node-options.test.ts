/** What Node's transports do with the options for connections: certificates, addresses, agents, and when a process may end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { describe, test } from "node:test";
import type { TLSSocket } from "node:tls";
import type { SocketOptions } from "engine.io-client";
import { Server } from "engine.io";
import { listening } from "../../../tests/support/listening.ts";
import { certificate } from "../../../tests/support/localhost-certificate.ts";
import { connect, event } from "./support/events.ts";

const TRANSPORTS = ["polling", "websocket"] as const;

describe("TLS", { timeout: 60_000 }, () => {
  for (const transport of TRANSPORTS) {
    test(`${transport}: a client's certificate reaches the server, and checkServerIdentity is asked`, async (t) => {
      const server = createServer({
        ...certificate,
        ca: certificate.cert,
        requestCert: true,
        rejectUnauthorized: true,
      });
      const engine = new Server();
      engine.attach(server);
      t.after(() => engine.close());
      const authorized = new Promise((resolve) =>
        server.on("secureConnection", (tls: TLSSocket) => resolve(tls.authorized)),
      );
      const port = await listening(t, server);
      const asked: string[] = [];
      const options: SocketOptions = {
        transports: [transport],
        upgrade: false,
        ca: certificate.cert,
        ...certificate,
        checkServerIdentity: (hostname) => void asked.push(hostname),
      };
      const socket = connect(t, `https://127.0.0.1:${port}`, options);
      await event(socket, "open");
      assert.equal(await authorized, true);
      assert.equal(asked[0], "127.0.0.1");

      const identity = new Error("somebody else");
      const refused = connect(t, `https://127.0.0.1:${port}`, { ...options, checkServerIdentity: () => identity });
      const [error] = await event(refused, "error");
      assert.equal(transport === "polling" ? error.context.error : error.description.error, identity);
      // Without a certificate the server ends the connection.
      const anonymous = connect(t, `https://127.0.0.1:${port}`, { transports: [transport], ca: certificate.cert });
      assert.match((await event(anonymous, "error"))[0].message, /^(xhr poll|websocket) error$/);
    });
  }
});

describe("connections", { timeout: 60_000 }, () => {
  for (const transport of TRANSPORTS) {
    test(`${transport}: are made by the user's agent, from the address that is said`, async (t) => {
      const server = createHttpServer();
      const engine = new Server();
      engine.attach(server);
      t.after(() => engine.close());
      const port = await listening(t, server);
      const from: unknown[] = [];
      server.on("connection", (tcp) => from.push(tcp.remoteAddress));
      class CountingAgent extends Agent {
        made = 0;

        override createConnection(
          ...args: Parameters<Agent["createConnection"]>
        ): ReturnType<Agent["createConnection"]> {
          this.made++;
          return super.createConnection(...args);
        }
      }
      const agent = new CountingAgent();
      t.after(() => agent.destroy());
      const socket = connect(t, `http://127.0.0.1:${port}`, {
        transports: [transport],
        agent,
        localAddress: "127.0.0.2",
        family: 4,
      });
      await event(socket, "open");
      assert.ok(agent.made >= 1);
      assert.ok(from.length >= 1 && from.every((address) => address === "127.0.0.2"), from.join());
    });

    test(`${transport}: opens with a timeout of false, which is none`, async (t) => {
      const server = createHttpServer();
      const engine = new Server();
      engine.attach(server);
      t.after(() => engine.close());
      const port = await listening(t, server);
      const outcome = new Promise<unknown>((resolve) => {
        const socket = connect(t, `http://127.0.0.1:${port}`, { transports: [transport], timeout: false });
        socket.on("open", () => resolve("open"));
        socket.on("error", resolve);
      });
      assert.equal(await outcome, "open");
    });
  }
});

describe("autoUnref", { timeout: 60_000 }, () => {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    test(`a process whose only work is a connection over ${transports.join(" then ")} ends by itself`, async (t) => {
      const server = createHttpServer();
      const engine = new Server();
      engine.attach(server);
      t.after(() => engine.close());
      const port = await listening(t, server);
      const run = async (autoUnref: boolean): Promise<string> => {
        const program = `
          const { Socket } = require("engine.io-client");
          const socket = new Socket("http://127.0.0.1:${port}", {
            transports: ${JSON.stringify(transports)},
            autoUnref: ${autoUnref},
          });
          // While it is being opened something else keeps the process: an unreferenced connection would let it end at once.
          const alive = setInterval(() => {}, 1000);
          socket.on(${transports.length === 2 ? '"upgrade"' : '"open"'}, () => {
            process.stdout.write("connected");
            setImmediate(() => clearInterval(alive));
          });
          process.on("exit", () => process.stdout.write(" " + socket.readyState));`;
        const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
        t.after(() => child.kill());
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
        const ended = once(child, "close");
        // Without the option it lives until somebody ends it: here the server, once the client is connected.
        if (!autoUnref) child.stdout.once("data", () => setImmediate(() => engine.close()));
        await ended;
        return output;
      };
      assert.equal(await run(true), "connected open");
      assert.equal(await run(false), "connected closed");
    });
  }
});
