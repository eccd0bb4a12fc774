import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions } from "engine.io";
import { http } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, POLLING, RawConnection, serve, WEBSOCKET, type Served } from "./support.ts";

/** An application that never answers, and how the refusal is reported. */
const STUCK: readonly [where: string, name: string, setUp: (served: Served, asked: () => void) => void][] = [
  ["a middleware", "MIDDLEWARE_FAILURE", ({ engine }, asked) => engine.use(asked)],
  [
    "allowRequest",
    "TRANSPORT_HANDSHAKE_ERROR",
    ({ engine }, asked) => {
      engine.opts.allowRequest = asked;
    },
  ],
  [
    "generateId",
    "ID_GENERATION_ERROR",
    ({ engine }, asked) => {
      engine.generateId = () => {
        asked();
        return new Promise<string>(() => {});
      };
    },
  ],
];

/** An engine whose application is stuck there, and what it has been asked so far. */
async function serveStuck(t: TestContext, setUp: (typeof STUCK)[number][2], options: ServerOptions = {}) {
  const served = await serve(t, options);
  let wake = (): void => {};
  setUp(served, () => wake());
  t.mock.timers.enable({ apis: ["setTimeout"] });
  /** Resolves once the application has been asked, and the engine has begun to wait. */
  const asked = async (): Promise<void> => {
    await new Promise<void>((resolve) => (wake = resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { served, asked };
}

describe("handshakeTimeout", () => {
  for (const [where, name, setUp] of STUCK) {
    test(`a request that waits for ${where} is refused after 45 s, not before`, async (t) => {
      const { served, asked } = await serveStuck(t, setUp);
      const waiting = asked();
      const answer = http(served.port, "GET", POLLING);
      await waiting;
      t.mock.timers.tick(44_999);
      assert.deepEqual(served.refusals, []);
      t.mock.timers.tick(1);
      const { status, body } = await answer;
      assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
      const { code, context } = served.refusals[0]!;
      assert.deepEqual([code, (context as { name: string }).name], [3, name]);
      assert.equal(served.engine.clientsCount, 0);
    });

    test(`an upgrade request that waits for ${where} is refused and closed`, async (t) => {
      const { served, asked } = await serveStuck(t, setUp, { handshakeTimeout: 500 });
      const waiting = asked();
      const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
      await waiting;
      t.mock.timers.tick(500);
      await peer.closed;
      assert.match(peer.text, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.equal(served.refusals.length, 1);
    });
  }

  for (const [where, name, setUp] of STUCK) {
    test(`requests that wait for ${where} are refused when the engine closes`, async (t) => {
      const { served, asked } = await serveStuck(t, setUp);
      let waiting = asked();
      const answer = http(served.port, "GET", POLLING);
      await waiting;
      waiting = asked();
      const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
      await waiting;
      served.engine.close();
      assert.equal((await answer).status, 400);
      await peer.closed;
      assert.match(peer.text, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.deepEqual(
        served.refusals.map(({ context }) => (context as { name: string }).name),
        [name, name],
      );
    });
  }

  test("0 means for ever", async (t) => {
    const { served, asked } = await serveStuck(t, STUCK[1]![2], { handshakeTimeout: 0 });
    const waiting = asked();
    const peer = new RawConnection(served.port, `GET ${POLLING} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await waiting;
    t.mock.timers.tick(2 ** 31 - 1);
    assert.deepEqual([served.refusals, peer.text], [[], ""]);
    peer.socket.destroy();
  });

  test("an answer that comes too late changes nothing", async (t) => {
    let answer = (_error: null, _success: boolean): void => {};
    const setUp: (typeof STUCK)[number][2] = ({ engine }, asked) => {
      engine.opts.allowRequest = (_req, fn) => {
        answer = fn;
        asked();
      };
    };
    const { served, asked } = await serveStuck(t, setUp);
    const waiting = asked();
    const refused = http(served.port, "GET", POLLING);
    await waiting;
    t.mock.timers.tick(45_000);
    assert.equal((await refused).status, 400);
    answer(null, true);
    assert.deepEqual([served.engine.clientsCount, served.refusals.length], [0, 1]);
  });

  test("a middleware that answers by itself, in its own time, is not interfered with afterwards", async (t) => {
    const setUp: (typeof STUCK)[number][2] = ({ engine }, asked) => {
      engine.use((_req: unknown, res: ServerResponse) => {
        asked();
        setImmediate(() => res.writeHead(402).end("pay"));
      });
    };
    const { served, asked } = await serveStuck(t, setUp);
    const waiting = asked();
    const { status } = await http(served.port, "GET", PATH);
    await waiting;
    t.mock.timers.tick(45_000);
    assert.deepEqual([status, served.refusals], [402, []]);
  });

  test("what is through in time stays", async (t) => {
    const { served } = await serveStuck(t, ({ engine }) => {
      engine.opts.allowRequest = (_req, fn) => void setImmediate(() => fn(null, true));
    });
    const connected = once(served.engine, "connection");
    await served.polling().handshake();
    const [socket] = await connected;
    t.mock.timers.tick(45_000);
    assert.deepEqual([socket.readyState, served.refusals], ["open", []]);
    socket.close(true);
  });
});
