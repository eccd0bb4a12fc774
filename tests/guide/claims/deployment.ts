import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { root } from "../../../tools/setup.mjs";
import { loadClient, loadServer, serverPackages } from "../../interop/implementations.js";
import { Stage } from "../../interop/stage.js";
import { http, RawPolling, RawWebSocket, tcpAnswer } from "../../support/raw-peer.js";
import { upgradeRequest } from "../../support/upgrade-request.ts";
import { compilerSays, writeInFolder } from "../support/compiler.js";
import { type Claims, upstreamClient } from "./claims.js";
import { blankSite } from "./pages.js";
import { OLD, withTwoServers } from "../support/two-servers.js";

export const deployment: Claims = {
  "Migrating from 2.x to 3.0": {
    "the server talks with clients of 2.x where that is allowed, over both transports": async (stage) => {
      const io = await stage.serve({ allowEIO3: true });
      io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
      for (const transports of [["polling"], ["websocket"]] as const) {
        const client = upstreamClient(stage, "upstream 2.5.0", { transports });
        await stage.connected(client);
        const echo = new Promise((resolve) => client.emit("echo", { a: ["é", 1] }, resolve));
        assert.deepEqual(await stage.until("echo", echo), { a: ["é", 1] });
      }
    },

    "a client of ours is not able to connect to a server of 2.x, and says so": atServer2,
  },

  "How to upgrade an existing production deployment": {
    "servers with `socket.io-redis` 5 on 2.x and 6 here hear each other, so that one goes after the other":
      async () => {
        await withTwoServers(OLD, async (ours, theirs) => {
          const here = await ours.connect();
          const there = await theirs.connect();
          for (const node of [ours, theirs]) {
            const name = `from ${node.kind.name}`;
            const heard = [here.hears(name), there.hears(name)];
            node.io.emit(name, 1, ["a"]);
            assert.deepEqual(await Promise.all(heard), [
              [1, ["a"]],
              [1, ["a"]],
            ]);
          }
        });
      },

    "`allowEIO3` is off by default: clients of 2.x get HTTP 400 and the text, over both transports": async (stage) => {
      for (const options of [{}, { allowEIO3: false }]) {
        const io = await stage.serve(options);
        const answer = await http(stage.port, "GET", "/socket.io/?EIO=3&transport=polling");
        assert.equal(answer.status, 400);
        assert.deepEqual(JSON.parse(answer.body), { code: 5, message: "Unsupported protocol version" });
        const upgrade = await tcpAnswer(stage.port, UPGRADE_3);
        assert.match(upgrade, /^HTTP\/1\.1 400 /);
        assert.match(upgrade, /Unsupported protocol version/);

        const refusals: unknown[] = [];
        io.engine.on("connection_error", ({ code, message }) => refusals.push([code, message]));
        for (const transports of [["polling"], ["websocket"]] as const) {
          await stage.event(upstreamClient(stage, "upstream 2.5.0", { transports }), "connect_error");
        }
        assert.deepEqual(refusals, [
          [5, "Unsupported protocol version"],
          [5, "Unsupported protocol version"],
        ]);
        await stage.connected(stage.client());
      }
    },

    "with `allowEIO3` old and new clients are served side by side, and hear each other": async (stage) => {
      const io = await stage.serve({ allowEIO3: true });
      io.on("connection", (socket) => socket.on("say", (text) => io.emit("said", text)));
      const releases = ["upstream 2.5.0", "upstream 3.1.3", "upstream"] as const;
      const clients = [...releases.map((release) => upstreamClient(stage, release)), stage.client()];
      await stage.connected(...clients);
      for (const [index, speaker] of clients.entries()) {
        const heard = clients.map((client) => stage.event(client, "said"));
        speaker.emit("say", index);
        assert.deepEqual(
          await Promise.all(heard),
          clients.map(() => [index]),
        );
      }
    },

    "`socket.conn.protocol` is 3 or 4, as EIO in the requests": async (stage) => {
      const io = await stage.serve({ allowEIO3: true });
      const seen: unknown[] = [];
      io.on("connection", ({ conn, handshake, request }) =>
        seen.push([
          conn.protocol,
          handshake.query["EIO"],
          new URL(request.url ?? "", "http://a").searchParams.get("EIO"),
        ]),
      );
      await stage.connected(upstreamClient(stage, "upstream 2.5.0"));
      await stage.connected(upstreamClient(stage, "upstream 3.1.3"));
      await stage.connected(stage.client());
      assert.deepEqual(seen, [
        [3, "3", "3"],
        [4, "4", "4"],
        [4, "4", "4"],
      ]);
    },
  },

  "Known migration issues": {
    "`stream_1.pipeline is not a function`: every Node.js that the server supports has it, and bundles are served":
      async (stage) => {
        const { engines } = JSON.parse(readFileSync(join(root, "packages/socket.io/package.json"), "utf8")) as {
          engines: { node: string };
        };
        assert.ok(Number(/^>=(\d+)/.exec(engines.node)?.[1]) >= 10);
        assert.equal(typeof pipeline, "function");
        await stage.serve();
        const { status, bytes } = await http(stage.port, "GET", "/socket.io/socket.io.js");
        assert.equal(status, 200);
        assert.deepEqual(bytes, readFileSync(join(root, "packages/socket.io-client/dist/socket.io.js")));
      },

    "TS2416: `emit` of namespaces and sockets has the signature of an EventEmitter's, and is no chain": async () => {
      assert.equal(await compilerSays(writeInFolder("emit", "mts", EMITTERS)), "");
    },

    "a client that sends more than 1 MB is disconnected: ours, and upstream's of 4.8.4, 3.1.3 and 2.5.0": async (
      stage,
    ) => {
      stage.mayReach("maxHttpBufferSize");
      const io = await stage.serve({ allowEIO3: true });
      for (const release of ["ours", "upstream", "upstream 3.1.3", "upstream 2.5.0"] as const) {
        for (const transports of [["websocket"], ["polling"]] as const) {
          const connection = stage.event(io, "connection");
          const client =
            release === "ours" ? stage.client("/", { transports }) : upstreamClient(stage, release, { transports });
          const [server] = await connection;
          await stage.connected(client);
          (server as NodeJS.EventEmitter).on("big", () => assert.fail("delivered"));
          const ends = [stage.event(server, "disconnect"), stage.event(client, "disconnect")];
          // Our `emit` refuses it, so that the connection stays: it has to be written past that.
          if (release === "ours") client.io.engine.write(`2["big","${"x".repeat(1_000_001)}"]`);
          else client.emit("big", "x".repeat(1_000_001));
          await Promise.all(ends);
        }
      }
    },

    "so is one that does it by raw bytes: a WebSocket is closed with 1009, a POST answered with 413": async (stage) => {
      stage.mayReach("maxHttpBufferSize");
      const io = await stage.serve();
      const big = `42["big","${"x".repeat(1_000_001)}"]`;

      const socket = await new RawWebSocket(stage.port).opened();
      await socket.receive(1);
      socket.send("40");
      await socket.receive(1);
      const [overWebSocket] = io.sockets.sockets.values();
      const firstEnd = stage.event(overWebSocket, "disconnect");
      socket.send(big);
      assert.deepEqual(await socket.receive(1), ["closed 1009"]);
      await firstEnd;

      const polling = new RawPolling(stage.port);
      await polling.handshake();
      await polling.post("40");
      await polling.receive(1);
      const [overPolling] = io.sockets.sockets.values();
      const secondEnd = stage.event(overPolling, "disconnect");
      assert.equal((await polling.post(big)).status, 413);
      await secondEnd;
      assert.equal(io.sockets.sockets.size, 0);
    },

    "a higher `maxHttpBufferSize` lets it pass": async (stage) => {
      const io = await stage.serve({ maxHttpBufferSize: 1e8 });
      for (const transports of [["websocket"], ["polling"]] as const) {
        const { client, server } = await stage.pair(io, "/", { transports });
        const arrival = stage.event<[string]>(server, "big");
        client.emit("big", "x".repeat(2_000_000));
        assert.equal((await arrival)[0].length, 2_000_000);
        assert.equal(client.connected, true);
      }
    },

    "CORS header missing: a request of another origin has it once `cors` is given": async (stage) => {
      for (const [options, expected] of [
        [{}, undefined],
        [{ cors: { origin: "https://front.test" } }, "https://front.test"],
      ] as const) {
        await stage.serve(options);
        const path = "/socket.io/?EIO=4&transport=polling";
        const { headers } = await http(stage.port, "GET", path, undefined, { origin: "https://front.test" });
        assert.equal(headers["access-control-allow-origin"], expected);
      }
    },

    "`packet.data is undefined`: at a server of 2.x our client reports an error and throws nothing": atServer2,

    "`extraHeaders` is known to the types": async () => {
      assert.equal(await compilerSays(writeInFolder("headers", "mts", EXTRA_HEADERS)), "");
    },

    "`withCredentials` is what sends the cookie of a server of another origin": {
      inChromium: async (stage, open) => {
        const site = await blankSite(stage);
        const cors = { origin: [new URL(site.url).origin], credentials: true };
        const io = await stage.serve({ cors, cookie: true });
        const page = await open(site.url);
        await page.addScriptTag({ url: `http://127.0.0.1:${stage.port}/socket.io/socket.io.min.js` });
        const cookies: (string | undefined)[] = [];
        io.engine.on("headers", (_, request) => cookies.push(request.headers.cookie));
        for (const withCredentials of [undefined, false, true]) {
          cookies.length = 0;
          const sid = await page.evaluate(`new Promise((resolve, reject) => {
            const options = { transports: ["polling"], reconnection: false, forceNew: true };
            if (${withCredentials} !== undefined) options.withCredentials = ${withCredentials};
            const socket = io("http://127.0.0.1:${stage.port}", options);
            socket.on("connect", () => resolve(socket.io.engine.id));
            socket.on("connect_error", reject);
          })`);
          assert.equal(cookies.at(-1), withCredentials ? `io=${sid as string}` : undefined);
        }
      },
    },
  },
};

const UPGRADE_3 = upgradeRequest("/socket.io/?EIO=3&transport=websocket");

const EMITTERS = `
import { EventEmitter } from "node:events";
import { Server } from "socket.io";
import { io } from "socket.io-client";

type Emit = (event: string, ...args: any[]) => boolean;
const server = new Server();
export const emits: Emit[] = [server.of("/").emit, io("/").emit, server.to("room").emit];
export const ofServer: Emit = server.emit;
export const emitters: Pick<EventEmitter, "emit">[] = [server.of("/")];
server.on("connection", (socket) => emitters.push(socket));
// @ts-expect-error -- a boolean has no emit
server.of("/").emit("event1").emit("event2");
`;

const EXTRA_HEADERS = `
import { io } from "socket.io-client";

io("http://server.test", { extraHeaders: { "x-mine": "1" } });
`;

/** The other direction, which the guide rules out. */
async function atServer2(): Promise<void> {
  const cell = { server: loadServer("upstream 2.5.1"), client: loadClient("ours"), transport: "websocket" } as const;
  assert.equal(serverPackages("upstream 2.5.1")[0]?.version, "2.5.1");
  await Stage.run(cell, async (stage) => {
    await stage.serve();
    const client = stage.client();
    client.on("connect", () => assert.fail("connected"));
    const [error] = await stage.event<[Error]>(client, "connect_error");
    assert.match(error.message, /server in v2\.x with a v3\.x client, but they are not compatible/);
  });
}
