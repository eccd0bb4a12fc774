import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Server, type Socket as ServerSocket } from "socket.io";
import type { Socket } from "socket.io-client";
import { root } from "../../tools/setup.mjs";
import { loadClient, loadServer } from "../interop/implementations.js";
import { Stage } from "../interop/stage.js";
import { portOf } from "../support/listening.ts";
import { http } from "../support/raw-peer.js";
import { Bench } from "../guide/blocks/bench.js";
import { parse } from "../guide/source.js";
import { clearFolder } from "../guide/support/compiler.js";

/* Every code block of docs/options.md, as it stands there. */

const { blocks } = parse(readFileSync(join(root, "docs", "options.md"), "utf8"));
const POLLING = "/socket.io/?EIO=4&transport=polling";
const cell = { server: loadServer("ours"), client: loadClient("ours"), transport: "websocket" } as const;
let next = 0;

/** The next block of the document. */
function block(heading: string, shows: string, run: (bench: Bench) => Promise<void>): void {
  const found = blocks[next++];
  test(`${heading}: ${shows}`, async () => {
    assert.equal(found?.heading, heading);
    let bench: Bench | undefined;
    try {
      await Stage.run(cell, async (stage) => {
        bench = new Bench(found, stage);
        await run(bench);
        await bench.close();
      });
    } finally {
      await bench?.close();
    }
  });
}

after(clearFolder);

block("Rates", "after the burst there is a hint in place of an answer", async (bench) => {
  const [onServer = "", inClient = ""] = bench.code.split("// In the client:\n");
  const server = await bench.httpServer();
  const { io } = await bench.commonJs<{ io: Server }>(onServer, { Server, server }, ["io"]);
  bench
    .adopt(io)
    .on("connection", (socket) => socket.on("chat", (_text, done: (answer: string) => void) => done("ok")));
  const socket = await client(bench, portOf(server));
  const hints: string[] = [];
  const answers: unknown[] = [];
  while (hints.length === 0) {
    const scope = { socket, text: "hello", showHint: (hint: string) => hints.push(hint) };
    answers.push((await bench.commonJs<{ answer: unknown }>(inClient, scope, ["answer"])).answer);
  }
  assert.deepEqual(answers.slice(0, 5), Array(5).fill("ok"));
  assert.deepEqual(hints, ["Again in 1 s"]);
});

block("Rates", "the address that the proxy has appended is the one that counts", async (bench) => {
  const server = await bench.httpServer();
  const { io } = await bench.commonJs<{ io: Server }>(bench.code, { Server, server }, ["io"]);
  bench.adopt(io);
  const ask = (from: string) => http(portOf(server), "GET", POLLING, undefined, { "x-forwarded-for": from });
  // Whatever the client claims, it is one address.
  for (let at = 0; (await ask(`10.0.0.${at}, 203.0.113.1`)).status !== 429; at++);
  assert.equal((await ask("10.0.0.1, 203.0.113.2")).status, 200);
});

block("Sessions of one's own", "the cookie has to come back", async (bench) => {
  const server = await bench.httpServer();
  const scope = { Server, server };
  const { io } = await bench.commonJs<{ io: Server }>(`const io = ${bench.code}`, scope, ["io"]);
  bench.adopt(io);
  const { headers, body } = await http(portOf(server), "GET", POLLING);
  const [cookie = ""] = headers["set-cookie"]!;
  const { sid } = JSON.parse(body.slice(1)) as { sid: string };
  assert.match(cookie, new RegExp(`^io=${sid};.*SameSite=Strict`));
  const post = (own: Record<string, string>) => http(portOf(server), "POST", `${POLLING}&sid=${sid}`, "40", own);
  assert.equal((await post({})).status, 400);
  assert.equal((await post({ cookie: `io=${sid}` })).status, 200);
});

block("What `keepRequest: false` saves", "what was taken stays, the request is gone", async (bench) => {
  const server = await bench.httpServer();
  const users = new Map<string, string | undefined>();
  const scope = { Server, server, users, userOf: (cookie: string) => `user of ${cookie}` };
  const { io } = await bench.commonJs<{ io: Server }>(bench.code, scope, ["io"]);
  const connection = once(bench.adopt(io), "connection") as Promise<[ServerSocket]>;
  const extraHeaders = { cookie: "a=1" };
  await client(bench, portOf(server), { extraHeaders });
  const [socket] = await connection;
  assert.deepEqual([...users.values()], ["user of a=1"]);
  assert.equal(socket.request, null);
});

block("Too many rooms", "the client is told, so is the logger, and the connection stays", async (bench) => {
  const server = await bench.httpServer();
  const io = bench.adopt(new Server(server, { maxRoomsPerConnection: 2 }));
  const warnings: unknown[] = [];
  const logger = { warn: (what: unknown) => warnings.push(what) };
  await bench.commonJs(bench.code, { io, logger });
  const socket = await client(bench, portOf(server));
  assert.deepEqual(
    [await socket.emitWithAck("follow", "a"), await socket.emitWithAck("follow", "b")],
    ["following", "unfollow something first"],
  );
  assert.deepEqual(warnings, [{ code: "ERR_TOO_MANY_ROOMS", user: undefined }]);
});

block(
  "Of `new Server()` of `socket.io`: errors of listeners",
  "the logger gets error, event and user",
  async (bench) => {
    const server = await bench.httpServer();
    const io = bench.adopt(new Server(server));
    const logged = new Promise((resolve) => {
      void bench.commonJs(bench.code, { io, logger: { error: resolve } });
    });
    const error = new Error("listener");
    io.on("connection", (socket) => {
      socket.data.user = "Ada";
      socket.on("fail", () => {
        throw error;
      });
    });
    (await client(bench, portOf(server))).emit("fail");
    assert.deepEqual(await logged, { error, event: "fail", user: "Ada" });
  },
);

test("these are all blocks of the document", () => {
  assert.equal(blocks.length, next);
});

async function client(bench: Bench, port: number, options = {}): Promise<Socket> {
  const socket = bench.stage.track(cell.client.io(`http://127.0.0.1:${port}`, { forceNew: true, ...options }));
  await bench.stage.event(socket, "connect");
  return socket;
}
