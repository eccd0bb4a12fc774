import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { request } from "node:http";
import type { ServerOptions } from "engine.io";
import type { WebSocket } from "ws";
import { http } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { until } from "../../../tests/support/until.ts";
import {
  PATH,
  POLLING,
  RawConnection,
  WEBSOCKET,
  headerLines,
  pollingSession,
  serve,
  websocketSession,
} from "./support.ts";

/** Status and header lines of one answer. */
async function lines(port: number, method: string, target: string, headers = ""): Promise<string[]> {
  const peer = new RawConnection(
    port,
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`,
  );
  await peer.closed;
  return headerLines(peer.text).filter((line) => line !== "Connection: close");
}

async function upgradeLines(port: number, headers: Record<string, string> = {}): Promise<string[]> {
  const peer = new RawConnection(port, upgradeRequest(WEBSOCKET, headers));
  const text = await peer.received("\r\n\r\n");
  peer.socket.destroy();
  return headerLines(text).slice(4);
}

describe("cors", () => {
  const fixed: ServerOptions = {
    cors: { origin: "http://example.com", credentials: true, methods: ["GET", "POST"], allowedHeaders: ["my-header"] },
  };

  test("off: no header of it at all", async (t) => {
    const { port } = await serve(t);
    const answer = await lines(port, "GET", POLLING, "Origin: http://a.com\r\n");
    assert.equal(answer.filter((line) => /access-control|vary/i.test(line)).length, 0);
  });

  test("a preflight request is answered 204 before any check", async (t) => {
    const { port } = await serve(t, fixed);
    const asked = "Origin: http://example.com\r\nAccess-Control-Request-Method: POST\r\n";
    assert.deepEqual(await lines(port, "OPTIONS", PATH, asked), [
      "HTTP/1.1 204 No Content",
      "Access-Control-Allow-Origin: http://example.com",
      "Vary: Origin",
      "Access-Control-Allow-Credentials: true",
      "Access-Control-Allow-Methods: GET,POST",
      "Access-Control-Allow-Headers: my-header",
      "Content-Length: 0",
    ]);
  });

  test("answers, refusals and the 101 carry the headers; a foreign origin is served all the same", async (t) => {
    const { port } = await serve(t, fixed);
    const cors = [
      "Access-Control-Allow-Origin: http://example.com",
      "Vary: Origin",
      "Access-Control-Allow-Credentials: true",
    ];
    const foreign = "Origin: http://evil.com\r\n";
    assert.deepEqual((await lines(port, "GET", POLLING, foreign)).slice(0, 4), ["HTTP/1.1 200 OK", ...cors]);
    const refused = await lines(port, "GET", `${PATH}?EIO=4&transport=foo`, foreign);
    assert.deepEqual(refused.slice(0, 4), ["HTTP/1.1 400 Bad Request", ...cors]);
    assert.deepEqual(await upgradeLines(port, { Origin: "http://evil.com" }), cors);
  });

  test("lists and functions decide by origin, and a function that fails refuses", async (t) => {
    const list = await serve(t, { cors: { origin: ["http://a.com", /b\.com$/] } });
    const allowed = (port: number, origin: string): Promise<string[]> =>
      lines(port, "GET", POLLING, `Origin: ${origin}\r\n`).then((all) =>
        all.filter((line) => line.startsWith("Access-Control-Allow-Origin")),
      );
    assert.deepEqual(await allowed(list.port, "http://x.b.com"), ["Access-Control-Allow-Origin: http://x.b.com"]);
    assert.deepEqual(await allowed(list.port, "http://c.com"), []);
    const failing = await serve(t, { cors: { origin: (_origin, done) => done(new Error("no")) } });
    const answer = await http(failing.port, "GET", POLLING, undefined, { Origin: "http://a.com" });
    assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
    assert.deepEqual(failing.refusals[0]?.context, { name: "MIDDLEWARE_FAILURE" });
  });

  test("true means any origin", async (t) => {
    const { port } = await serve(t, { cors: true });
    assert.ok((await lines(port, "GET", POLLING)).includes("Access-Control-Allow-Origin: *"));
  });
});

describe("cookie", () => {
  const cookies = (all: string[]): string[] => all.filter((line) => line.startsWith("Set-Cookie"));

  test("off by default", async (t) => {
    const { port } = await serve(t);
    assert.deepEqual(cookies(await lines(port, "GET", POLLING)), []);
  });

  test("true: on the first answer of a session, by polling and by WebSocket, and on no other", async (t) => {
    const served = await serve(t, { cookie: true });
    served.engine.generateId = () => "an id";
    assert.deepEqual(cookies(await lines(served.port, "GET", POLLING)), [
      "Set-Cookie: io=an%20id; Path=/; HttpOnly; SameSite=Lax",
    ]);
    const answer = await http(served.port, "POST", `${POLLING}&sid=an%20id`, "4x");
    assert.equal(answer.headers["set-cookie"], undefined);
    served.engine.generateId = () => "other";
    assert.deepEqual(await upgradeLines(served.port), ["Set-Cookie: io=other; Path=/; HttpOnly; SameSite=Lax"]);
  });

  test("attributes and the name can be given, or taken away", async (t) => {
    const one = await serve(t, {
      cookie: { name: "sess", path: "/x", httpOnly: false, sameSite: "strict", maxAge: 86_400 },
    });
    one.engine.generateId = () => "id";
    assert.deepEqual(cookies(await lines(one.port, "GET", POLLING)), [
      "Set-Cookie: sess=id; Max-Age=86400; Path=/x; SameSite=Strict",
    ]);
    const two = await serve(t, { cookie: { path: undefined, secure: true, sameSite: "none" } });
    two.engine.generateId = () => "id";
    assert.deepEqual(cookies(await lines(two.port, "GET", POLLING)), [
      "Set-Cookie: io=id; HttpOnly; Secure; SameSite=None",
    ]);
  });

  test("an upgrade sets none: the session has its cookie", async (t) => {
    const served = await serve(t, { cookie: true });
    const [peer] = await pollingSession(served);
    const candidate = new RawConnection(served.port, upgradeRequest(`${WEBSOCKET}&sid=${peer.sid}`));
    assert.deepEqual(headerLines(await candidate.received("\r\n\r\n")).slice(4), []);
    candidate.socket.destroy();
  });
});

describe("initial_headers and headers", () => {
  test("the first is for the first answer of a session, the second for every one, in this order", async (t) => {
    const served = await serve(t);
    served.engine.on("initial_headers", (headers, req) => {
      headers["test"] = req._query.EIO;
      headers["set-cookie"] = ["a=1", "b=2"];
    });
    served.engine.on("headers", (headers) => (headers["test2"] = "789"));
    const own = ["test: 4", "set-cookie: a=1", "set-cookie: b=2", "test2: 789"];
    assert.deepEqual((await lines(served.port, "GET", POLLING)).slice(4), own);
    assert.deepEqual(await upgradeLines(served.port), own);
    const [peer] = await pollingSession(served);
    const { headers } = await peer.post("4x");
    assert.deepEqual([headers["test"], headers["test2"]], [undefined, "789"]);
  });

  test("one of them is told where nobody listens to the other", async (t) => {
    for (const event of ["initial_headers", "headers"]) {
      const served = await serve(t);
      served.engine.on(event, (headers: Record<string, string>) => (headers["x-told"] = event));
      const { headers } = await http(served.port, "GET", POLLING);
      assert.equal(headers["x-told"], event);
    }
  });

  test("a header that HTTP does not allow is left out, with a warning, and nobody's connection suffers", async (t) => {
    const served = await serve(t);
    served.engine.on("headers", (headers) => {
      headers["x-evil"] = "1\r\nx-injected: 1";
      headers["x good"] = "1";
      headers["x-fine"] = "1";
    });
    const warnings: string[] = [];
    const listener = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", listener);
    t.after(() => process.removeListener("warning", listener));
    assert.deepEqual((await lines(served.port, "GET", POLLING)).slice(4), ["x-fine: 1"]);
    assert.deepEqual(await upgradeLines(served.port), ["x-fine: 1"]);
    assert.equal(warnings.length, 4);
  });
});

describe("httpCompression", () => {
  /** The answer to a poll for a message that makes a body of so many bytes. */
  async function poll(
    t: Parameters<typeof serve>[0],
    options: ServerOptions,
    acceptEncoding: string,
    bytes: number,
    isCompressed = true,
  ): Promise<{ encoding: string | undefined; body: Buffer; length: string | undefined }> {
    const served = await serve(t, options);
    const [peer, socket] = await pollingSession(served);
    socket.send("x".repeat(bytes - 1), { compress: isCompressed });
    return new Promise((resolve, reject) => {
      const headers = { "Accept-Encoding": acceptEncoding };
      const path = `${POLLING}&sid=${peer.sid}`;
      request({ port: served.port, host: "127.0.0.1", path, headers, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () =>
          resolve({
            encoding: incoming.headers["content-encoding"],
            length: incoming.headers["content-length"],
            body: Buffer.concat(chunks),
          }),
        );
      })
        .on("error", reject)
        .end();
    });
  }

  test("gzip first, deflate next, nothing else", async (t) => {
    const gzip = await poll(t, {}, "deflate, gzip, br", 2_001);
    assert.equal(gzip.encoding, "gzip");
    assert.equal(gunzipSync(gzip.body).length, 2_001);
    const deflate = await poll(t, {}, "deflate", 2_001);
    assert.equal(deflate.encoding, "deflate");
    assert.equal(inflateSync(deflate.body).length, 2_001);
    for (const none of ["br", "identity", "gzip;q=0", "gzip;q=0, *"]) {
      const expected = none === "gzip;q=0, *" ? "deflate" : undefined;
      assert.equal((await poll(t, {}, none, 2_001)).encoding, expected, none);
    }
    assert.equal((await poll(t, {}, "*", 2_001)).encoding, "gzip");
    assert.equal((await poll(t, {}, "gzip;q=0.1, deflate;q=0.9", 2_001)).encoding, "deflate");
  });

  test("Brotli only where the option asks for it; then it is the first choice, unless the client prefers another", async (t) => {
    const brotli = { httpCompression: { brotli: true } };
    const answer = await poll(t, brotli, "gzip, deflate, br", 2_001);
    assert.equal(answer.encoding, "br");
    assert.equal(brotliDecompressSync(answer.body).length, 2_001);
    assert.equal((await poll(t, brotli, "gzip;q=0.8, BR;Q=0.5, deflate;q=0.7", 2_001)).encoding, "gzip");
    assert.equal((await poll(t, brotli, "br;q=0, gzip", 2_001)).encoding, "gzip");
    assert.equal((await poll(t, brotli, "gzip", 2_001)).encoding, "gzip");
    assert.equal((await poll(t, brotli, "br", 1_023)).encoding, undefined);
    assert.equal((await poll(t, { httpCompression: { brotli: false } }, "br", 2_001)).encoding, undefined);
  });

  test("of compressed answers the length is not announced", async (t) => {
    assert.equal((await poll(t, {}, "gzip", 2_001)).length, undefined);
    assert.equal((await poll(t, {}, "identity", 2_001)).length, "2001");
  });

  test("from 1,024 bytes on, unless a threshold is given", async (t) => {
    assert.equal((await poll(t, {}, "gzip", 1_023)).encoding, undefined);
    assert.equal((await poll(t, {}, "gzip", 1_023)).length, "1023");
    assert.equal((await poll(t, {}, "gzip", 1_024)).encoding, "gzip");
    assert.equal((await poll(t, { httpCompression: { threshold: 0 } }, "gzip", 2)).encoding, "gzip");
    assert.equal((await poll(t, { httpCompression: { level: 1 } }, "gzip", 1_023)).encoding, undefined);
    assert.equal((await poll(t, { httpCompression: true }, "gzip", 1_023)).encoding, undefined);
  });

  test("not if it is off, and not for messages that are sent with compress: false", async (t) => {
    assert.equal((await poll(t, { httpCompression: false }, "gzip", 2_001)).encoding, undefined);
    assert.equal((await poll(t, {}, "gzip", 2_001, false)).encoding, undefined);
  });

  test("not what only lets a GET go, however low the threshold", async (t) => {
    const served = await serve(t, { httpCompression: { threshold: 0 } });
    const [peer, socket] = await pollingSession(served);
    const target = `${POLLING}&sid=${peer.sid}`;
    const answer = http(served.port, "GET", target, undefined, { "Accept-Encoding": "gzip" });
    await until(() => socket.transport.writable);
    socket.close();
    const { headers, body } = await answer;
    assert.deepEqual([headers["content-encoding"], headers["content-length"], body], [undefined, "1", "1"]);
  });
});

describe("perMessageDeflate", () => {
  test("is off by default and negotiated when asked for", async (t) => {
    const off = await serve(t);
    const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    assert.deepEqual(await upgradeLines(off.port, offer), []);
    const on = await serve(t, { perMessageDeflate: true });
    assert.deepEqual(await upgradeLines(on.port, offer), ["Sec-WebSocket-Extensions: permessage-deflate"]);
  });

  test("messages arrive whole, and in order with those that are not compressed", async (t) => {
    const served = await serve(t, { perMessageDeflate: { threshold: 10 } });
    const [peer, socket] = await websocketSession(served);
    const big = "x".repeat(50_000);
    socket.send(big).send("small").send(big, { compress: false }).send("end");
    assert.deepEqual(await peer.receive(4), [`4${big}`, "4small", `4${big}`, "4end"]);
    assert.ok((socket.transport as unknown as { socket: WebSocket }).socket.extensions.includes("permessage-deflate"));
    peer.close();
  });

  test("messages that are sent with compress: false are as they are", async (t) => {
    const served = await serve(t, { perMessageDeflate: true });
    const connection = served.connection();
    const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET, offer));
    const socket = await connection;
    socket.send("small").send("in plain words", { compress: false }).close();
    // The close frame.
    const text = await peer.received("\x88\x00");
    assert.ok(text.includes("\x81\x0f4in plain words"));
    assert.ok(!text.includes("4small"));
    peer.socket.destroy();
  });
});

test("initialPacket travels with the handshake", async (t) => {
  const served = await serve(t, { initialPacket: "faster!" });
  const { body } = await http(served.port, "GET", POLLING);
  const [open, message] = body.split("\u001e");
  assert.match(open!, /^0\{.*\}$/);
  assert.equal(message, "4faster!");
  const peer = await served.websocket().opened();
  assert.equal((await peer.receive(2))[1], "4faster!");
  peer.close();
});

test("an initialPacket that is an empty text is none", async (t) => {
  const served = await serve(t, { initialPacket: "" });
  const { body } = await http(served.port, "GET", POLLING);
  assert.equal(body.split("\u001e").length, 1);
});

test("transports: only those that are enabled are served and announced", async (t) => {
  const polling = await serve(t, { transports: ["polling"] });
  assert.match((await http(polling.port, "GET", POLLING)).body, /"upgrades":\[\]/);
  // Without a listener for upgrades node:http takes it for a plain request.
  const refused = await http(polling.port, "GET", WEBSOCKET, undefined, {
    Connection: "Upgrade",
    Upgrade: "websocket",
  });
  assert.equal(refused.body, '{"code":0,"message":"Transport unknown"}');
  const websocket = await serve(t, { transports: ["websocket"] });
  assert.equal((await http(websocket.port, "GET", POLLING)).body, '{"code":0,"message":"Transport unknown"}');
});
