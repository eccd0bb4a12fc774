import assert from "node:assert/strict";
import { overPolling, type Behaviours } from "../behaviour.ts";
import { firstAnswer } from "../first-answer.ts";

/** The option `cors` (protocols.md 1.13, row E-28). */
export const cors: Behaviours = {
  "no CORS headers by default": async (stage) => {
    const lines = await firstAnswer(stage, {}, { Origin: "https://example.com" });
    assert.deepEqual([lines("access-control-allow-origin"), lines("vary")], [[], []]);
  },

  "CORS for any origin": {
    options: { cors: true },
    run: async (stage) =>
      assert.deepEqual((await firstAnswer(stage, {}, { Origin: "https://a.b" }))("access-control-allow-origin"), ["*"]),
  },

  "CORS for one origin, with credentials": {
    options: { cors: { origin: "https://example.com", credentials: true } },
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { Origin: "https://other.example" });
      assert.deepEqual(lines("access-control-allow-origin"), ["https://example.com"]);
      assert.deepEqual(lines("vary"), ["Origin"]);
      assert.deepEqual(lines("access-control-allow-credentials"), ["true"]);
    },
  },

  "CORS for a list of origins serves others without headers": {
    options: { cors: { origin: ["https://a.example", /\.b\.example$/] } },
    async run(stage) {
      const allowed = async (Origin: string): Promise<string[]> =>
        (await firstAnswer(stage, {}, { Origin }))("access-control-allow-origin");
      assert.deepEqual(await allowed("https://a.example"), ["https://a.example"]);
      assert.deepEqual(await allowed("https://x.b.example"), ["https://x.b.example"]);
      assert.deepEqual(await allowed("https://c.example"), []);
    },
  },

  "CORS headers are on refusals": {
    cells: overPolling,
    options: { cors: { origin: "https://example.com" } },
    async run(stage) {
      const { status, headers } = await stage.ask("GET", { transport: "abc" });
      assert.deepEqual([status, headers["access-control-allow-origin"]], [400, "https://example.com"]);
    },
  },

  "a preflight is answered": {
    cells: overPolling,
    options: { cors: { origin: "https://example.com", methods: ["GET", "POST"], maxAge: 60 } },
    async run(stage) {
      const asked = { Origin: "https://example.com", "Access-Control-Request-Headers": "x-mine" };
      const { status, headers, body } = await stage.ask("OPTIONS", { transport: null }, undefined, asked);
      assert.deepEqual([status, body, headers["content-length"]], [204, "", "0"]);
      assert.equal(headers["access-control-allow-origin"], "https://example.com");
      assert.equal(headers["access-control-allow-methods"], "GET,POST");
      assert.equal(headers["access-control-allow-headers"], "x-mine");
      assert.equal(headers["access-control-max-age"], "60");
    },
  },

  "CORS by a function that refuses": {
    options: {
      cors: { origin: (_origin: unknown, done: (error: Error) => void): void => done(new Error("no")) },
    },
    async run(stage) {
      assert.deepEqual(await stage.refused(), stage.refusal(3, "Bad request"));
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context: { name: "MIDDLEWARE_FAILURE" } }]);
    },
  },
};
