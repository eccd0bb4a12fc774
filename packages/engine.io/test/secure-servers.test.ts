import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer, connect, type ClientHttp2Session, type Http2SecureServer } from "node:http2";
import { createServer, request, type Server as HttpsServer } from "node:https";
import { describe, test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { Server, type ServerOptions, type Socket } from "engine.io";
import { WebSocket } from "ws";
import { listening } from "../../../tests/support/listening.ts";
import { certificate } from "../../../tests/support/localhost-certificate.ts";
import { PATH, POLLING, WEBSOCKET } from "./support.ts";

const ca = certificate.cert;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** An engine on a secure server; everything is closed after the test. */
async function serve(
  t: TestContext,
  server: HttpsServer | Http2SecureServer,
  options: ServerOptions = {},
): Promise<[Server, number]> {
  const engine = new Server(options);
  engine.attach(server);
  return [engine, await listening(t, server, engine)];
}

/** One request by HTTP/1.1. */
function https1(port: number, method: string, path: string, body?: string, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "localhost", port, method, path, headers, ca, agent: false }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => (text += chunk));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }));
    });
    outgoing.on("error", reject).end(body);
  });
}

/** One request by HTTP/2. */
async function http2(session: ClientHttp2Session, method: string, path: string, body?: string): Promise<Answer> {
  const stream = session.request({ ":method": method, ":path": path });
  stream.setEncoding("utf8");
  stream.end(body);
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  let text = "";
  for await (const chunk of stream) text += chunk;
  return { status: Number(headers[":status"]), headers, body: text };
}

async function http2Session(t: TestContext, port: number): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, { ca });
  t.after(() => session.destroy());
  await once(session, "connect");
  return session;
}

/** Echoes what the next session says. */
function echo(engine: Server): Promise<Socket> {
  return new Promise((resolve) =>
    engine.once("connection", (socket: Socket) => {
      socket.on("message", (data) => socket.send(data));
      resolve(socket);
    }),
  );
}

const sidOf = (body: string): string => (JSON.parse(body.slice(body.indexOf("{"))) as { sid: string }).sid;

async function echoByWebSocket(port: number): Promise<string[]> {
  const peer = new WebSocket(`wss://localhost:${port}${WEBSOCKET}`, { ca });
  const messages: string[] = [];
  peer.on("message", (data: Buffer) => messages.push(data.toString()));
  await once(peer, "message");
  peer.send("4hi");
  await once(peer, "message");
  peer.close();
  await once(peer, "close");
  return messages;
}

describe("on an https server", () => {
  test("sessions poll", async (t) => {
    const [engine, port] = await serve(t, createServer(certificate));
    const connected = echo(engine);
    const url = `${POLLING}&sid=${sidOf((await https1(port, "GET", POLLING)).body)}`;
    assert.equal((await https1(port, "POST", url, "4hi")).body, "ok");
    assert.equal((await https1(port, "GET", url)).body, "4hi");
    const socket = await connected;
    assert.equal((socket.request.socket as { encrypted?: boolean }).encrypted, true);
    assert.match(socket.remoteAddress, /127\.0\.0\.1|::1/);
  });

  test("sessions poll by JSONP", async (t) => {
    const [engine, port] = await serve(t, createServer(certificate));
    void echo(engine);
    const script = (await https1(port, "GET", `${POLLING}&j=7`)).body;
    assert.match(script, /^___eio\[7\]\("/);
    const sid = sidOf(JSON.parse(script.slice(script.indexOf('"'), script.lastIndexOf('"') + 1)) as string);
    const url = `${POLLING}&j=7&sid=${sid}`;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await https1(port, "POST", url, "d=4hi", form)).body, "ok");
    assert.equal((await https1(port, "GET", url)).body, '___eio[7]("4hi");');
  });

  for (const [binding, options] of [
    ["our own endpoint", {}],
    ["ws", { perMessageDeflate: true }],
  ] as const) {
    test(`WebSockets by ${binding}`, async (t) => {
      const [engine, port] = await serve(t, createServer(certificate), options);
      void echo(engine);
      const messages = await echoByWebSocket(port);
      assert.match(messages[0]!, /^0\{/);
      assert.equal(messages[1], "4hi");
    });
  }

  test("a session moves from polling to WebSocket", async (t) => {
    const [engine, port] = await serve(t, createServer(certificate));
    const connected = echo(engine);
    const sid = sidOf((await https1(port, "GET", POLLING)).body);
    const socket = await connected;
    const peer = new WebSocket(`wss://localhost:${port}${WEBSOCKET}&sid=${sid}`, { ca });
    await once(peer, "open");
    peer.send("2probe");
    await once(peer, "message");
    peer.send("5");
    await once(socket, "upgrade");
    peer.send("4hi");
    assert.equal(String((await once(peer, "message"))[0]), "4hi");
    peer.terminate();
  });
});

describe("on an http2 server", () => {
  test("sessions poll, with several requests on one connection", async (t) => {
    const [engine, port] = await serve(t, createSecureServer(certificate), { cookie: true, cors: { origin: "*" } });
    const connected = echo(engine);
    const client = await http2Session(t, port);
    const first = await http2(client, "GET", POLLING);
    assert.deepEqual(
      [first.status, first.headers["content-type"], first.headers["access-control-allow-origin"]],
      [200, "text/plain; charset=UTF-8", "*"],
    );
    assert.match(String(first.headers["set-cookie"]), /^io=/);
    const url = `${POLLING}&sid=${sidOf(first.body)}`;
    const held = http2(client, "GET", url);
    assert.equal((await http2(client, "POST", url, "4hi")).body, "ok");
    assert.equal((await held).body, "4hi");
    const socket = await connected;
    assert.match(socket.remoteAddress, /127\.0\.0\.1|::1/);
    const closed = once(socket, "close");
    await http2(client, "POST", url, "1");
    assert.equal((await closed)[0], "transport close");
  });

  test("large answers are compressed", async (t) => {
    const [engine, port] = await serve(t, createSecureServer(certificate));
    const connected = echo(engine);
    const client = await http2Session(t, port);
    const url = `${POLLING}&sid=${sidOf((await http2(client, "GET", POLLING)).body)}`;
    (await connected).send("x".repeat(2_000));
    const stream = client.request({ ":path": url, "accept-encoding": "gzip" });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), `4${"x".repeat(2_000)}`);
  });

  test("large bodies are refused while they arrive, and end the session", async (t) => {
    const [engine, port] = await serve(t, createSecureServer(certificate), { maxHttpBufferSize: 100 });
    const connected = echo(engine);
    const client = await http2Session(t, port);
    const url = `${POLLING}&sid=${sidOf((await http2(client, "GET", POLLING)).body)}`;
    const closed = once(await connected, "close");
    const stream = client.request({ ":method": "POST", ":path": url });
    stream.on("error", () => {});
    // Without an end: it is counted, not announced.
    stream.write("4".repeat(101));
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(headers[":status"], 413);
    assert.equal((await closed)[0], "transport error");
    stream.close();
  });

  test("of two POSTs at once the first is cut, the second answered 400", async (t) => {
    const [engine, port] = await serve(t, createSecureServer(certificate));
    const connected = echo(engine);
    const client = await http2Session(t, port);
    const url = `${POLLING}&sid=${sidOf((await http2(client, "GET", POLLING)).body)}`;
    const closed = once(await connected, "close");
    const first = client.request({ ":method": "POST", ":path": url });
    first.on("error", () => {});
    first.write("4a");
    const cut = once(first, "close");
    assert.equal((await http2(client, "POST", url, "4b")).status, 400);
    await cut;
    const [reason, description] = await closed;
    assert.deepEqual([reason, description.message], ["transport error", "data request overlap from client"]);
    assert.equal(client.destroyed, false);
  });

  test("a request that is refused is answered, and a client that leaves ends its session", async (t) => {
    const [engine, port] = await serve(t, createSecureServer(certificate));
    const connected = echo(engine);
    const client = await http2Session(t, port);
    const refused = await http2(client, "GET", `${PATH}?transport=tobi`);
    assert.deepEqual([refused.status, refused.body], [400, '{"code":0,"message":"Transport unknown"}']);
    const url = `${POLLING}&sid=${sidOf((await http2(client, "GET", POLLING)).body)}`;
    const socket = await connected;
    const ready = once(socket.transport, "ready");
    const held = client.request({ ":path": url });
    held.on("error", () => {});
    await ready;
    const closed = once(socket, "close");
    client.destroy();
    assert.equal((await closed)[0], "transport error");
  });

  test("clients of HTTP/1.1 are served where the server allows them, WebSockets included", async (t) => {
    const [engine, port] = await serve(t, createSecureServer({ ...certificate, allowHTTP1: true }));
    void echo(engine);
    const url = `${POLLING}&sid=${sidOf((await https1(port, "GET", POLLING)).body)}`;
    assert.equal((await https1(port, "POST", url, "4hi")).body, "ok");
    assert.equal((await https1(port, "GET", url)).body, "4hi");
    void echo(engine);
    assert.equal((await echoByWebSocket(port))[1], "4hi");
    const client = await http2Session(t, port);
    assert.equal((await http2(client, "GET", POLLING)).status, 200);
  });
});
