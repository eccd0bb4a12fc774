import assert from "node:assert/strict";
import type { Server } from "socket.io";
import { portOf } from "../../support/listening.ts";
import { http } from "../../support/raw-peer.js";
import type { BlockPlan } from "./plan.js";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const ORIGIN = { origin: "https://example.com" };

export const configuration: readonly BlockPlan[] = [
  {
    number: 1,
    hash: "423608c5",
    heading: "CORS handling",
    kind: "before",
    ways: ["CommonJS"],
    shows: "`origins` and `handlePreflightRequest` say nothing: no header, no answer to the preflight",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const preflight = { ...ORIGIN, "access-control-request-method": "POST" };
      for (const answer of [
        await http(portOf(httpServer), "GET", HANDSHAKE, undefined, ORIGIN),
        await http(portOf(httpServer), "OPTIONS", HANDSHAKE, undefined, preflight),
      ]) {
        const names = Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"));
        assert.deepEqual(names, []);
      }
    },
  },
  {
    number: 2,
    hash: "47f9dbac",
    heading: "CORS handling",
    kind: "after",
    ways: ["CommonJS"],
    shows: "the four options are in the headers of the answers to a request and to its preflight",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const answer = await http(portOf(httpServer), "GET", HANDSHAKE, undefined, ORIGIN);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["access-control-allow-origin"], "https://example.com");
      assert.equal(answer.headers["access-control-allow-credentials"], "true");
      const asked = { "access-control-request-method": "POST", "access-control-request-headers": "my-custom-header" };
      const preflight = await http(portOf(httpServer), "OPTIONS", HANDSHAKE, undefined, { ...ORIGIN, ...asked });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers["access-control-allow-origin"], "https://example.com");
      assert.equal(preflight.headers["access-control-allow-methods"], "GET,POST");
      assert.equal(preflight.headers["access-control-allow-headers"], "my-custom-header");
      assert.equal(preflight.headers["access-control-allow-credentials"], "true");
    },
  },
  {
    number: 3,
    hash: "f4cb9edf",
    heading: "No more cookie by default",
    kind: "before",
    ways: ["CommonJS"],
    shows: "`cookieName`, `cookieHttpOnly` and `cookiePath` set no cookie",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const answer = await http(portOf(httpServer), "GET", HANDSHAKE);
      assert.deepEqual([answer.status, answer.headers["set-cookie"]], [200, undefined]);
    },
  },
  {
    number: 4,
    hash: "077b52f9",
    heading: "No more cookie by default",
    kind: "after",
    ways: ["CommonJS"],
    shows: "the handshake sets the cookie `test` with the session's id, on the path, not HttpOnly",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const { headers, body } = await http(portOf(httpServer), "GET", HANDSHAKE);
      const { sid } = JSON.parse(body.slice(1)) as { sid: string };
      const [cookie = "", ...others] = headers["set-cookie"] ?? [];
      assert.deepEqual(others, []);
      const [pair, ...attributes] = cookie.split("; ");
      assert.equal(pair, `test=${sid}`);
      assert.ok(attributes.includes("Path=/custom"));
      assert.ok(!attributes.includes("HttpOnly"));
    },
  },
];
