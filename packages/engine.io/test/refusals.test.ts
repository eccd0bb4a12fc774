import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Server, ServerOptions } from "engine.io";
import { deferred } from "../../../tests/support/deferred.ts";
import { http, tcp } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, POLLING, RawConnection, WEBSOCKET, headerLines, pollingSession, serve } from "./support.ts";

type Case = readonly [name: string, method: string, target: string, code: number, message: string, context: object];

const UNKNOWN_TRANSPORTS: readonly Case[] = ["tobi", "constructor", "__proto__", "toString", "webtransport"].map(
  (transport) => [
    `transport ${transport}`,
    "GET",
    `${PATH}?EIO=4&transport=${transport}`,
    0,
    "Transport unknown",
    { transport },
  ],
);

const UNKNOWN_REVISIONS: readonly Case[] = [
  ["revision 3", "EIO=3&"],
  ["no revision", ""],
  ["revision 5", "EIO=5&"],
  ["revision 3 after revision 4: the last one counts", "EIO=4&EIO=3&"],
].map(([name = "", query]) => [
  name,
  "GET",
  `${PATH}?${query}transport=polling`,
  5,
  "Unsupported protocol version",
  { protocol: 3 },
]);

/** Requests that a server with default options refuses (protocols.md 1.2). */
const CASES: readonly Case[] = [
  ...UNKNOWN_TRANSPORTS,
  ["no transport", "GET", `${PATH}?EIO=4`, 0, "Transport unknown", { transport: undefined }],
  ["an unknown session", "GET", `${POLLING}&sid=nope`, 1, "Session ID unknown", { sid: "nope" }],
  ["session __proto__", "GET", `${POLLING}&sid=__proto__`, 1, "Session ID unknown", { sid: "__proto__" }],
  ["a handshake by POST", "POST", POLLING, 2, "Bad handshake method", { method: "POST" }],
  ["a handshake by OPTIONS", "OPTIONS", POLLING, 2, "Bad handshake method", { method: "OPTIONS" }],
  ["websocket without upgrade", "GET", WEBSOCKET, 3, "Bad request", { name: "TRANSPORT_HANDSHAKE_ERROR" }],
  ...UNKNOWN_REVISIONS,
];

describe("refused HTTP requests", () => {
  for (const [name, method, target, code, message, context] of CASES) {
    test(`${name}: 400 with code ${code}, and connection_error says why`, async (t) => {
      const served = await serve(t);
      const answer = await http(served.port, method, target);
      assert.equal(answer.status, 400);
      assert.equal(answer.headers["content-type"], "application/json");
      assert.equal(answer.body, JSON.stringify({ code, message }));
      assert.deepEqual(served.refusals, [{ code, message, context }]);
      assert.equal(served.engine.clientsCount, 0);
    });
  }

  test("the answer has these bytes", async (t) => {
    const served = await serve(t);
    const text = await tcp(
      served.port,
      `GET ${PATH}?EIO=4&transport=tobi HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    assert.deepEqual(headerLines(text), [
      "HTTP/1.1 400 Bad Request",
      "Content-Type: application/json",
      "Connection: close",
      "Transfer-Encoding: chunked",
    ]);
    assert.ok(text.endsWith('\r\n\r\n28\r\n{"code":0,"message":"Transport unknown"}\r\n0\r\n\r\n'), text);
  });

  test("a request by another transport than the session's is code 3 and leaves the session alone", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const answer = await http(served.port, "GET", `${WEBSOCKET}&sid=${peer.sid}`);
    assert.equal(answer.body, '{"code":3,"message":"Bad request"}');
    const context = { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" };
    assert.deepEqual(served.refusals, [{ code: 3, message: "Bad request", context }]);
    assert.equal(served.engine.clientsCount, 1);
  });

  test("plain requests for a WebSocket session are code 3, whatever transport they name", async (t) => {
    const served = await serve(t);
    const connection = served.connection();
    const peer = await served.websocket().opened();
    const { id } = await connection;
    for (const transport of ["polling", "websocket"]) {
      const answer = await http(served.port, "GET", `${PATH}?EIO=4&transport=${transport}&sid=${id}`);
      assert.equal(answer.body, '{"code":3,"message":"Bad request"}');
    }
    peer.close();
  });

  test("a request by another revision than the session's is code 3", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const answer = await http(served.port, "POST", `${PATH}?transport=polling&sid=${peer.sid}`, "4hello");
    assert.equal(answer.body, '{"code":3,"message":"Bad request"}');
    const context = { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 };
    assert.deepEqual(served.refusals, [{ code: 3, message: "Bad request", context }]);
  });

  test("an empty session id counts as none", async (t) => {
    const served = await serve(t);
    const answer = await http(served.port, "GET", `${POLLING}&sid=`);
    assert.equal(answer.status, 200);
  });

  test("an Origin with characters that no header may have is code 3", async (t) => {
    const served = await serve(t);
    // Node's own parser refuses most of them; other servers in front of handleRequest may not.
    served.http.prependListener("request", (req) => {
      if (req.headers["x-odd"] !== undefined) req.headers.origin = "http://a\u0001b";
    });
    const answer = await http(served.port, "GET", POLLING, undefined, { "x-odd": "1" });
    assert.equal(answer.body, '{"code":3,"message":"Bad request"}');
    assert.deepEqual(served.refusals[0]?.context, { name: "INVALID_ORIGIN", origin: "http://a\u0001b" });
  });
});

describe("allowRequest", () => {
  test("refuses with 403 and the application's message", async (t) => {
    const served = await serve(t, { allowRequest: (_req, answer) => answer("Thou shall not pass", false) });
    const answer = await http(served.port, "GET", POLLING);
    assert.equal(answer.status, 403);
    assert.equal(answer.body, '{"code":4,"message":"Thou shall not pass"}');
    const context = { message: "Thou shall not pass" };
    assert.deepEqual(served.refusals, [{ code: 4, message: "Forbidden", context }]);
  });

  test("without a message it says Forbidden", async (t) => {
    const served = await serve(t, { allowRequest: (_req, answer) => answer(null, false) });
    assert.equal((await http(served.port, "GET", POLLING)).body, '{"code":4,"message":"Forbidden"}');
  });

  for (const [how, allowRequest] of [
    [
      "throws",
      () => {
        throw new Error("database is away");
      },
    ],
    ["rejects", () => Promise.reject(new Error("database is away"))],
  ] satisfies [string, ServerOptions["allowRequest"]][]) {
    test(`if it ${how}, the request is refused and the server goes on`, async (t) => {
      const served = await serve(t, { allowRequest });
      const answer = await http(served.port, "GET", POLLING);
      assert.deepEqual([answer.status, answer.body], [403, '{"code":4,"message":"Forbidden"}']);
    });
  }

  test("is asked for handshakes only, and its first answer counts", async (t) => {
    let asked = 0;
    const served = await serve(t, {
      allowRequest: (_req, answer) => {
        asked++;
        answer(null, true);
        answer("no", false);
      },
    });
    const [peer] = await pollingSession(served);
    await peer.post("4hello");
    assert.equal(asked, 1);
  });

  test("comes before the check of the revision", async (t) => {
    const served = await serve(t, { allowRequest: (_req, answer) => answer(null, false) });
    const answer = await http(served.port, "GET", `${PATH}?EIO=3&transport=polling`);
    assert.equal(answer.body, '{"code":4,"message":"Forbidden"}');
  });
});

describe("refused upgrades", () => {
  const refusal = (message: string): string =>
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\n" +
    `Content-Length: ${message.length}\r\n\r\n${message}`;
  const cases: readonly [name: string, target: string, message: string, options?: ServerOptions][] = [
    ["an unknown transport", `${PATH}?EIO=4&transport=foo`, "Transport unknown"],
    ["an unknown session", `${WEBSOCKET}&sid=x`, "Session ID unknown"],
    ["revision 3", `${PATH}?EIO=3&transport=websocket`, "Unsupported protocol version"],
    [
      "allowRequest says no",
      WEBSOCKET,
      "Thou shall not pass",
      { allowRequest: (_req, answer) => answer("Thou shall not pass", false) },
    ],
    [
      "allowRequest says no without a word",
      WEBSOCKET,
      "Forbidden",
      { allowRequest: (_r, answer) => answer(null, false) },
    ],
  ];
  for (const [name, target, message, options] of cases) {
    test(`${name}: an HTTP answer with these bytes before any 101, then the end of the connection`, async (t) => {
      const served = await serve(t, options);
      assert.equal(await tcp(served.port, upgradeRequest(target)), refusal(message));
      assert.equal(served.refusals.length, 1);
    });
  }

  test("a generateId that fails: before any 101 too", async (t) => {
    const served = await serve(t);
    served.engine.generateId = () => {
      throw new Error("nope");
    };
    assert.equal(await tcp(served.port, upgradeRequest(WEBSOCKET)), refusal("Bad request"));
  });

  test("another revision than the session's", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const target = `${PATH}?EIO=3&transport=websocket&sid=${peer.sid}`;
    assert.equal(await tcp(served.port, upgradeRequest(target)), refusal("Bad request"));
    assert.equal(served.engine.clientsCount, 1);
  });

  test("without a key, or with a version that nobody speaks, the WebSocket library says so", async (t) => {
    const served = await serve(t);
    const good = upgradeRequest(WEBSOCKET);
    const withoutKey = await tcp(served.port, good.replace(/Sec-WebSocket-Key.*\r\n/, ""));
    assert.ok(withoutKey.endsWith("\r\n\r\nMissing or invalid Sec-WebSocket-Key header"), withoutKey);
    const oddVersion = await tcp(served.port, good.replace("Version: 13", "Version: 12"));
    assert.ok(oddVersion.includes("\r\nSec-WebSocket-Version: 13, 8\r\n"), oddVersion);
    assert.equal(served.engine.clientsCount, 0);
  });
});

describe("generateId", () => {
  const fails: readonly [string, Server["generateId"]][] = [
    [
      "throws",
      () => {
        throw new Error("nope");
      },
    ],
    ["rejects", () => Promise.reject(new Error("nope"))],
    ["gives nothing", () => ""],
    ["gives the name of a member that every object has", () => "constructor"],
  ];
  for (const [how, generateId] of fails) {
    test(`if it ${how}, the handshake is code 3`, async (t) => {
      const served = await serve(t);
      served.engine.generateId = generateId;
      const answer = await http(served.port, "GET", POLLING);
      assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
      const { name, error } = served.refusals[0]!.context as { name: string; error: unknown };
      assert.equal(name, "ID_GENERATION_ERROR");
      assert.ok(error instanceof Error);
    });
  }

  test("an id in use is refused: nobody gets another's session", async (t) => {
    const served = await serve(t);
    served.engine.generateId = () => "always the same";
    const [, socket] = await pollingSession(served);
    assert.equal((await http(served.port, "GET", POLLING)).status, 400);
    assert.equal(served.engine.clients["always the same"], socket);
    assert.equal(served.engine.clientsCount, 1);
  });

  test("may give a promise; the request that it is for is handed to it", async (t) => {
    const served = await serve(t);
    served.engine.generateId = async (req) => `id for ${req.url?.length}`;
    const [peer] = await pollingSession(served);
    assert.equal(peer.sid, `id for ${POLLING.length}`);
  });

  test("a peer that leaves while the id is made leaves no session behind", async (t) => {
    const served = await serve(t);
    const asked = deferred();
    const id = deferred<string>();
    served.engine.generateId = () => {
      asked.resolve();
      return id.promise;
    };
    const peer = new RawConnection(served.port, `GET ${POLLING} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await asked.promise;
    const gone = new Promise((resolve) => served.http.once("connection", resolve));
    peer.socket.destroy();
    await peer.closed;
    // The server has seen the end of the first connection once it accepts a second one and answers there.
    served.engine.generateId = () => "other";
    const other = served.polling();
    await other.handshake();
    await gone;
    id.resolve("late");
    await other.post("4x");
    assert.deepEqual(Object.keys(served.engine.clients), ["other"]);
  });
});
