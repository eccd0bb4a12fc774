/** The shortest way through everything: one emit from a real browser, over WebSocket alone, and its answer. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { listen } from "../support/listening.ts";
import { browserTest } from "./support/chromium.js";
import { assertOurPackages } from "./support/provenance.js";

const PAGE = `<!doctype html><title>one emit</title>`;

browserTest(
  "an emit from Chromium over websocket only reaches the server, and its ack returns",
  async ({ open, t }) => {
    const requests: string[] = [];
    const httpServer = createServer((request, response) => response.setHeader("content-type", "text/html").end(PAGE));
    const io = new Server(httpServer);
    httpServer.prependListener("request", (request) => requests.push(request.url ?? ""));
    t.after(() => io.close());
    const port = await listen(httpServer);

    const received: unknown[] = [];
    io.on("connection", (socket) => {
      socket.on("sum", (numbers: number[], bytes: Buffer, ack: (sum: number, echo: Buffer) => void) => {
        received.push([socket.conn.transport.name, numbers, [...bytes]]);
        ack(
          numbers.reduce((a, b) => a + b, 0),
          bytes,
        );
      });
    });

    const page = await open(`http://127.0.0.1:${port}/`);
    await assertOurPackages(page);
    const answer = await page.evaluate(async (bundle) => {
      const { io: connect } = await import(bundle);
      const socket = connect({ transports: ["websocket"] });
      return new Promise((resolve) => {
        socket.emit("sum", [1, 2, 39], new Uint8Array([1, 2, 255]), (sum: number, echo: ArrayBuffer) => {
          resolve({ sum, echo: [...new Uint8Array(echo)], transport: socket.io.engine.transport.name });
          socket.disconnect();
        });
      });
    }, "/socket.io/socket.io.esm.min.js");

    assert.deepEqual(received, [["websocket", [1, 2, 39], [1, 2, 255]]]);
    assert.deepEqual(answer, { sum: 42, echo: [1, 2, 255], transport: "websocket" });
    assert.deepEqual(
      requests.filter((url) => url.includes("transport=polling")),
      [],
    );
  },
);
