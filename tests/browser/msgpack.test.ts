/** The bundle with the msgpack parser needs nothing but the server's option: no configuration of the client. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import * as ourParser from "socket.io-msgpack-parser";
import { listen } from "../support/listening.ts";
import { browserTest } from "./support/chromium.js";
import { assertOurPackages } from "./support/provenance.js";

const PAGE = `<!doctype html><title>msgpack</title><script src="/socket.io/socket.io.msgpack.min.js"></script>`;

const upstreamParser = createRequire(fileURLToPath(new URL("../../peers/package.json", import.meta.url)))(
  "socket.io-msgpack-parser",
) as typeof ourParser;

for (const [name, parser] of Object.entries({ ours: ourParser, "upstream's": upstreamParser })) {
  for (const transport of ["polling", "websocket"] as const) {
    browserTest(
      `the msgpack bundle talks over ${transport} to a server with ${name} msgpack parser`,
      async ({ open, t }) => {
        const httpServer = createServer((_, response) => response.setHeader("content-type", "text/html").end(PAGE));
        const io = new Server(httpServer, { parser });
        t.after(() => io.close());
        const port = await listen(httpServer);
        const received: unknown[] = [];
        io.on("connection", (socket) => {
          socket.on("values", (...values) => {
            const ack = values.pop() as (...values: unknown[]) => void;
            received.push(values);
            ack(...values);
          });
        });

        const page = await open(`http://127.0.0.1:${port}/`);
        await assertOurPackages(page);
        const answer = await page.evaluate(
          (transports) => {
            const socket = (globalThis as unknown as { io: typeof import("socket.io-client").io }).io({ transports });
            const longText = "€".repeat(40_000);
            const sent = [
              "text",
              longText,
              new Date(5),
              new Uint8Array([0, 9, 8, 0]).subarray(1, 3),
              2 ** 40,
              null,
              [true],
            ];
            return new Promise((resolve) => {
              socket.emit("values", ...sent, (...echo: unknown[]) => {
                const [text, long, date, bytes, ...rest] = echo as [string, string, Date, ArrayBuffer];
                const kind = Object.prototype.toString.call(bytes);
                resolve([text, long === longText, date.getTime(), kind, [...new Uint8Array(bytes)], ...rest]);
                socket.disconnect();
              });
            });
          },
          [transport],
        );

        assert.deepEqual((received[0] as unknown[]).toSpliced(1, 1), [
          "text",
          new Date(5),
          Buffer.from([9, 8]),
          2 ** 40,
          null,
          [true],
        ]);
        assert.deepEqual(answer, ["text", true, 5, "[object ArrayBuffer]", [9, 8], 2 ** 40, null, [true]]);
      },
    );
  }
}
