import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import type { Server } from "socket.io";
import * as msgpack from "socket.io-msgpack-parser";
import * as standard from "socket.io-parser";
import { root } from "../../../tools/setup.mjs";
import type { BrowserTest } from "../../browser/support/chromium.js";
import type { Stage } from "../../interop/stage.js";
import { portOf } from "../../support/listening.ts";
import { http } from "../../support/raw-peer.js";
import { compilerSays, writeInFolder } from "../support/compiler.js";
import type { Claims } from "./claims.js";
import { blankSite } from "./pages.js";

/** The three bundles, and what the guide says that they weigh: kB after gzip. */
const BUNDLES = { "socket.io.js": 34.7, "socket.io.min.js": 14.7, "socket.io.msgpack.min.js": 15.3 } as const;

export const bundles: Claims = {
  "Client bundles": {
    "the server serves three by default, at /socket.io/<name>, none heavier than the guide says": async (stage) => {
      await stage.serve();
      for (const [name, kilobytes] of Object.entries(BUNDLES)) {
        const { status, headers, body } = await http(stage.port, "GET", `/socket.io/${name}`);
        assert.equal(status, 200);
        assert.match(headers["content-type"] ?? "", /^(application|text)\/javascript/);
        assert.match(body, /^\/\*!? ?[^]*?socket\.io-client/i);
        const size = gzipSync(body, { level: 9 }).byteLength;
        assert.ok(size <= kilobytes * 1000, `${name} weighs ${size} bytes`);
      }
    },

    "two of them are minified": async (stage) => {
      await stage.serve();
      const lines = async (name: string): Promise<number> =>
        (await http(stage.port, "GET", `/socket.io/${name}`)).body.split("\n").length;
      assert.ok((await lines("socket.io.js")) > 1000);
      for (const name of ["socket.io.min.js", "socket.io.msgpack.min.js"]) assert.ok((await lines(name)) < 10, name);
    },

    "each connects from a script tag; only the first one has debug": {
      inChromium: async (stage, open) => {
        for (const name of Object.keys(BUNDLES)) {
          const parser = name.includes("msgpack") ? msgpack : standard;
          const { io, page, printed } = await pageWith(stage, open, name, { parser });
          await page.evaluate(`localStorage.debug = "*"`);
          await page.reload();
          await page.addScriptTag({ url: `http://127.0.0.1:${stage.port}/socket.io/${name}` });
          const connection = stage.event<[{ id: string }]>(io, "connection");
          assert.equal(await page.evaluate(connectFrom(stage.port)), (await connection)[0].id);
          const traces = printed.filter((text) => /socket\.io-client/.test(text));
          assert.equal(traces.length > 0, name === "socket.io.js", `${name} printed ${printed.length} lines`);
          await page.context().close();
        }
      },
    },
  },

  "Official bundle with the msgpack parser": {
    "a page with it talks to a server with that parser, nothing being configured in the page; bytes come in one frame":
      {
        inChromium: async (stage, open) => {
          assert.deepEqual(await binaryEcho(stage, open, "socket.io.msgpack.min.js", msgpack), {
            echo: [0, 128, 255],
            frames: ["bytes"],
          });
        },
      },

    "they come in two frames with the default parser": {
      inChromium: async (stage, open) => {
        const byDefault = await binaryEcho(stage, open, "socket.io.min.js", standard);
        assert.deepEqual(byDefault, { echo: [0, 128, 255], frames: ["text", "bytes"] });
      },
    },

    "many numbers are smaller with it": async () => {
      const data = ["numbers", Array.from({ length: 1000 }, (_, n) => n * 37)];
      const size = ({ Encoder }: { Encoder: new () => { encode(packet: standard.Packet): unknown[] } }): number =>
        new Encoder()
          .encode({ type: standard.PacketType.EVENT, nsp: "/", data })
          .reduce<number>((sum, part) => sum + Buffer.byteLength(part as Buffer), 0);
      assert.ok(size(msgpack) < 0.75 * size(standard), `${size(msgpack)} and ${size(standard)} bytes`);
    },

    "its bundle is slightly bigger: by less than a seventh": async (stage) => {
      await stage.serve();
      const size = async (name: string): Promise<number> =>
        gzipSync((await http(stage.port, "GET", `/socket.io/${name}`)).bytes, { level: 9 }).byteLength;
      const [plain, withMsgpack] = [await size("socket.io.min.js"), await size("socket.io.msgpack.min.js")];
      assert.ok(withMsgpack > plain && 7 * withMsgpack < 8 * plain, `${withMsgpack} and ${plain} bytes`);
    },

    "a client in Node and a server understand each other by the parser's option": async (stage) => {
      const io = await stage.serve({ parser: msgpack });
      const { client, server } = await stage.pair(io, "/", { parser: msgpack });
      const arrival = stage.event(server, "news");
      client.emit("news", Buffer.from([1, 2]), { n: 1 });
      assert.deepEqual(await arrival, [Buffer.from([1, 2]), { n: 1 }]);
    },
  },

  "The Socket.IO codebase has been rewritten to TypeScript": {
    "applications of server and client compile with nothing but our packages, and mistakes in them do not":
      async () => {
        const file = writeInFolder("application", "mts", APPLICATION);
        assert.equal(await compilerSays(file), "");
      },

    "no package asks for @types/socket.io or @types/socket.io-client": async () => {
      for (const manifest of manifests()) {
        const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
        assert.deepEqual(
          names.filter((name) => name.startsWith("@types/socket.io")),
          [],
          manifest.name,
        );
      }
    },

    "plain JavaScript is supported: `require` gives a function, with the classes on it": async (stage) => {
      const require = createRequire(import.meta.url);
      const create = require("socket.io") as ((options?: object) => Server) & { Server: typeof Server };
      const io = create();
      assert.ok(io instanceof create.Server);
      io.listen(0);
      const connect = require("socket.io-client") as typeof import("socket.io-client").io;
      const port = portOf(io.httpServer);
      await stage.connected(stage.track(connect(`http://localhost:${port}`, { reconnection: false })));
      await io.close();
    },
  },

  "Support for IE8 and Node.js 8 is officially dropped": {
    "each package names the releases of Node.js that it supports, and 8 is none": async () => {
      for (const { name, engines } of manifests()) {
        const least = /^>=(\d+)/.exec(engines?.node ?? "")?.[1];
        assert.ok(Number(least) > 8, `${name} says ${engines?.node}`);
      }
    },

    "the bundles are in a language that IE8 does not read": async (stage) => {
      await stage.serve();
      for (const name of Object.keys(BUNDLES)) {
        const { body } = await http(stage.port, "GET", `/socket.io/${name}`);
        assert.match(body, /\bclass\b/, `${name} has a class, which ECMAScript 5 only reserves the word for`);
      }
    },
  },
};

const APPLICATION = `
import { Server, type Socket } from "socket.io";
import { io as connect, type Socket as ClientSocket } from "socket.io-client";

const io = new Server(0);
io.on("connection", (socket: Socket) => {
  const id: string = socket.id;
  socket.on("disconnect", (reason) => console.log(id, reason.length));
});

const socket: ClientSocket = connect("/");
socket.on("connect", () => console.log(socket.id?.length));

// @ts-expect-error -- the reason of a disconnection is a text
io.on("connection", (socket: Socket) => socket.on("disconnect", (reason: number) => reason));
// @ts-expect-error -- an id is a text, if there is one
socket.id.toFixed();
`;

interface Manifest {
  readonly name: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: object;
  readonly peerDependencies?: object;
}

function manifests(): Manifest[] {
  const folder = join(root, "packages");
  return readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as Manifest,
  );
}

/** An empty page of another origin that has loaded a bundle from a new server, and what it prints. */
async function pageWith(
  stage: Stage,
  open: BrowserTest["open"],
  bundle: string,
  { parser }: { parser: unknown },
): Promise<{ io: Server; page: Page; printed: string[] }> {
  const site = await blankSite(stage);
  const io = await stage.serve({ parser, cors: { origin: true } });
  const page = await open(site.url);
  const printed: string[] = [];
  page.on("console", (message) => printed.push(message.text()));
  await page.addScriptTag({ url: `http://127.0.0.1:${stage.port}/socket.io/${bundle}` });
  return { io, page, printed };
}

/** Runs in a page: connects with the global of a bundle, and gives the id. */
function connectFrom(port: number): string {
  return `new Promise((resolve, reject) => {
    const socket = io("http://127.0.0.1:${port}");
    socket.on("connect", () => resolve(socket.id));
    socket.on("connect_error", reject);
  })`;
}

/** Sends bytes from a page and back: what comes, and the kinds of frames that carried them there. */
async function binaryEcho(
  stage: Stage,
  open: BrowserTest["open"],
  bundle: string,
  parser: unknown,
): Promise<{ echo: number[]; frames: string[] }> {
  const { io, page } = await pageWith(stage, open, bundle, { parser });
  io.on("connection", (socket) => socket.on("echo", (bytes, answer) => answer(bytes)));
  const frames: string[] = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => frames.push(typeof payload === "string" ? "text" : "bytes")),
  );
  const echo = (await page.evaluate(`new Promise((resolve) => {
    const socket = io("http://127.0.0.1:${stage.port}", { transports: ["websocket"] });
    socket.on("connect", () => {
      socket.emit("echo", new Uint8Array([0, 128, 255]), (bytes) => resolve([...new Uint8Array(bytes)]));
    });
  })`)) as number[];
  await page.context().close();
  // The first is CONNECT.
  return { echo, frames: frames.slice(1) };
}
