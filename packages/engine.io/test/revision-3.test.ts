import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import type { ServerOptions, Socket } from "engine.io";
import { http, type HttpAnswer } from "../../../tests/support/raw-peer.ts";
import { PATH, serve, websocketSession, type Served } from "./support.ts";

// The bytes that upstream gives are in tests/conformance (engineio-v3-server); here is what goes beyond them.
const POLLING_3 = `${PATH}?EIO=3&transport=polling`;
const OCTETS = { "content-type": "application/octet-stream" };

const serve3 = (t: TestContext, options: ServerOptions = {}): Promise<Served> =>
  serve(t, { allowEIO3: true, ...options });

/** A polling session of revision 3, its URL and the server's end of it. */
async function session(served: Served, query = ""): Promise<[url: string, socket: Socket]> {
  const connection = served.connection();
  const { body } = await http(served.port, "GET", POLLING_3 + query);
  const { sid } = JSON.parse(body.slice(body.indexOf("{"))) as { sid: string };
  return [`${POLLING_3}&sid=${sid}`, await connection];
}

const post = (served: Served, url: string, body: string | Buffer, headers = {}): Promise<HttpAnswer> =>
  http(served.port, "POST", url, body, headers);

describe("clients of revision 3", () => {
  test("are served where that is allowed, and refused with code 5 where it is not", async (t) => {
    const served = await serve3(t);
    const [, socket] = await session(served);
    assert.equal(socket.protocol, 3);
    served.engine.opts.allowEIO3 = false;
    for (const eio of ["EIO=3&", "EIO=5&", ""]) {
      const { status, body } = await http(served.port, "GET", `${PATH}?${eio}transport=polling`);
      assert.deepEqual([status, body], [400, '{"code":5,"message":"Unsupported protocol version"}']);
    }
    assert.deepEqual(await served.websocket("&EIO=3").receive(1), ["error: Unexpected server response: 400"]);
  });

  test("take any version but 4 for 3, and sessions keep to theirs", async (t) => {
    const served = await serve3(t);
    const [url] = await session(served, "&EIO=2");
    const { status, body } = await http(served.port, "GET", url.replace("EIO=3", "EIO=4"));
    assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
    assert.deepEqual(served.refusals.at(-1)?.context, {
      name: "PROTOCOL_MISMATCH",
      protocol: 4,
      previousProtocol: 3,
    });
    // The session is unharmed.
    assert.equal((await post(served, url, "1:2")).body, "ok");
    assert.equal((await http(served.port, "GET", url)).body, "1:3");
  });

  test("get the answer to a ping before what is sent when it is heard", async (t) => {
    const served = await serve3(t);
    const [url, socket] = await session(served);
    socket.on("heartbeat", () => socket.send("a"));
    await post(served, url, "1:2");
    assert.equal((await http(served.port, "GET", url)).body, "1:32:4a");
  });

  test("get large binary answers compressed, with the type of what is inside", async (t) => {
    const served = await serve3(t);
    const [url, socket] = await session(served);
    socket.send(Buffer.alloc(2_000));
    const { headers, bytes } = await http(served.port, "GET", url, undefined, { "accept-encoding": "gzip" });
    assert.deepEqual([headers["content-type"], headers["content-encoding"]], ["application/octet-stream", "gzip"]);
    assert.deepEqual(gunzipSync(bytes), Buffer.concat([Buffer.from("0102000001ff04", "hex"), Buffer.alloc(2_000)]));
  });

  test("get text alone as text, and a Blob in its place", async (t) => {
    const served = await serve3(t);
    const [url, socket] = await session(served);
    socket.send("a").send("b");
    const text = await http(served.port, "GET", url);
    assert.deepEqual([text.headers["content-type"], text.body], ["text/plain; charset=UTF-8", "2:4a2:4b"]);
    const gone = new Blob(["lost"]);
    gone.arrayBuffer = () => Promise.reject(new Error("the file is gone"));
    const held = http(served.port, "GET", url);
    await post(served, url, "1:6");
    socket.send(new Blob(["x"]));
    assert.equal((await held).bytes.toString("hex"), "0102ff0478");
    socket.send("a").send(gone).send("b");
    assert.equal((await http(served.port, "GET", url)).bytes.toString("hex"), "0002ff34610101ff040002ff3462");
    const [websocket, carried] = await websocketSession(served, "&EIO=3");
    carried.send(new Blob(["x"])).send("y");
    assert.deepEqual(await websocket.receive(2), [Buffer.from([4, 0x78]), "4y"]);
    websocket.close();
  });

  test("POSTs of many tiny packets and broken binary bodies end the session, not the server", async (t) => {
    const served = await serve3(t, { maxHttpBufferSize: 1e6 });
    for (const [body, headers] of [
      ["1:6".repeat(200_000), {}],
      [Buffer.from("0001ff36".repeat(200_000), "hex"), OCTETS],
      [Buffer.alloc(900_000), OCTETS],
      ["9".repeat(900_000), {}],
    ] as const) {
      const [url] = await session(served);
      const ending = served.ending();
      assert.equal((await post(served, url, body, headers)).body, "ok");
      assert.equal((await ending).reason, "parse error");
    }
  });

  test("ping, and who falls silent is dropped, after an upgrade too", async (t) => {
    const served = await serve3(t);
    const [url] = await session(served);
    const ending = served.ending();
    const websocket = await served.websocket(`&EIO=3&sid=${new URLSearchParams(url).get("sid")}`).opened();
    websocket.send("2probe");
    assert.deepEqual(await websocket.receive(1), ["3probe"]);
    Object.assign(served.engine.opts, { pingInterval: 200, pingTimeout: 200 });
    // Arms the timer on the old transport; the answer leaves on the new one, and so does no ping of the server's.
    await post(served, url, "1:2");
    websocket.send("5");
    assert.deepEqual(await websocket.receive(2), ["3", "closed 1005"]);
    assert.equal((await ending).reason, "ping timeout");
  });
});
