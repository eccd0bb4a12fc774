import assert from "node:assert/strict";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import { overPlainPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { MiddlewareResponse } from "../engine.ts";
import { firstAnswer } from "../first-answer.ts";

type Headers = Record<string, string | string[]>;

/** What `use` adds (row E-17). */
export const middlewares: Behaviours = {
  "middlewares run in order, before anything is checked": async (stage) => {
    const seen: string[] = [];
    stage.engine.use((req, _res, next) => {
      seen.push(`one ${req._query["transport"]}`);
      next();
    });
    stage.engine.use((_req, _res, next) => {
      seen.push("two");
      next();
    });
    await stage.refused({ transport: "abc" });
    assert.deepEqual(seen, ["one abc", "two"]);
    seen.length = 0;
    await stage.connect();
    assert.equal(seen.length, 2);
  },

  "middlewares may take their time": async (stage) => {
    stage.engine.use(async (_req, _res, next) => {
      await new Promise((resolve) => setImmediate(resolve));
      next();
    });
    assert.equal(await (await stage.connect()).echo("hello"), "hello");
  },

  "middlewares may write on the request": async (stage) => {
    stage.engine.use((req, _res, next) => {
      (req as { user?: string }).user = "me";
      next();
    });
    assert.equal(((await stage.connect()).socket.request as { user?: string }).user, "me");
  },

  "headers that middlewares set are on the answer": async (stage) => {
    stage.engine.use((_req, res, next) => {
      res.setHeader("X-Middleware", "yes");
      next();
    });
    assert.deepEqual((await firstAnswer(stage))("x-middleware"), ["yes"]);
  },

  "listeners of an upgrade's headers see those that middlewares set": {
    cells: overWebSocket,
    async run(stage) {
      stage.engine.use((_req, res, next) => {
        res.setHeader("x-middleware", "one");
        next();
      });
      stage.engine.on("headers", (sent: Headers) => (sent["x-middleware"] += ", two"));
      assert.deepEqual((await firstAnswer(stage))("x-middleware"), ["one, two"]);
    },
  },

  "middlewares run for each request of a session": {
    cells: overPlainPolling,
    async run(stage) {
      const seen: string[] = [];
      stage.engine.use((req, _res, next) => {
        seen.push(req.method!);
        next();
      });
      const session = await stage.connect();
      await session.echo("hello");
      assert.deepEqual(seen, ["GET", "POST", "GET"]);
    },
  },

  "a middleware may answer by itself": async (stage) => {
    stage.engine.use((_req, res: MiddlewareResponse) => {
      res.writeHead(503);
      res.end();
    });
    if (overWebSocket(stage.cell)) {
      // What stands in for a response there writes no head: the connection just ends.
      assert.equal(await stage.tcp(upgradeRequest(stage.target())), "");
    } else {
      assert.equal((await stage.ask("GET")).status, 503);
    }
    assert.deepEqual([stage.engine.clientsCount, stage.reported], [0, []]);
  },

  "what stands in for a response to an upgrade has headers and an end": {
    cells: overWebSocket,
    async run(stage) {
      const seen: unknown[] = [];
      stage.engine.use((_req, res) => {
        res.setHeader("X-Mine", "yes");
        seen.push(res.getHeader("X-Mine"));
        res.removeHeader("X-Mine");
        seen.push(res.getHeader("X-Mine"));
        res.once("finish", () => seen.push("finish"));
        res.writeHead(403);
        res.write("nobody sees it");
        res.end();
      });
      await stage.tcp(upgradeRequest(stage.target()));
      assert.deepEqual(seen, ["yes", undefined, "finish"]);
    },
  },
};
