import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import fc from "fast-check";
import { WebSocket } from "ws";
import { binary, close, continuation, ping, text } from "../../../tests/support/raw-frames.ts";
import { tcp } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import {
  BytePeer,
  clog,
  echo,
  openEndpoint,
  type OpenedEndpoint,
  serveEndpoints,
} from "../../../tests/support/websocket-bindings.ts";
import type { WebSocketEndpoint } from "../src/websocket/endpoint.ts";
import type { OwnWebSocket } from "../src/websocket/own-websocket.ts";

type Opened = OpenedEndpoint & { readonly socket: OwnWebSocket };

async function open(t: TestContext, maxBytes?: number): Promise<Opened> {
  const opened = await openEndpoint(t, "own", maxBytes);
  return { ...opened, socket: opened.endpoint.socket as OwnWebSocket };
}

/** Counts the writes that a connection is asked for. */
function countWrites(connection: Duplex): () => number {
  const write = connection.write.bind(connection) as (...values: unknown[]) => boolean;
  let count = 0;
  connection.write = ((...values: unknown[]) => {
    count++;
    return write(...values);
  }) as Duplex["write"];
  return () => count;
}

test("frames for many receivers find no short way once a close frame has left", async (t) => {
  const { peer, endpoint } = await open(t);
  const frame = [Buffer.from([0x81, 1]), Buffer.from("a")];
  endpoint.shortcut!.isClear = true;
  assert.equal(endpoint.shortcut!.pass(frame), true);
  endpoint.close();
  assert.equal(endpoint.shortcut!.pass(frame), false);
  assert.deepEqual(await peer.received(2), ["text a", "close"]);
});

describe("the answer to a handshake", () => {
  const requests: [name: string, request: string][] = [
    ["a right one", upgradeRequest("/")],
    ["version 8", upgradeRequest("/", { "Sec-WebSocket-Version": "8" })],
    ["version 12", upgradeRequest("/", { "Sec-WebSocket-Version": "12" })],
    ["no version", upgradeRequest("/", { "Sec-WebSocket-Version": null })],
    ["no key", upgradeRequest("/", { "Sec-WebSocket-Key": null })],
    ["a short key", upgradeRequest("/", { "Sec-WebSocket-Key": "abc" })],
    ["a key that is not base64", upgradeRequest("/", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j*Q==" })],
    ["a POST", upgradeRequest("/", {}, "POST")],
    ["an upgrade to something else", upgradeRequest("/", { Upgrade: "h2c" })],
    ["an upgrade in other letters", upgradeRequest("/", { Upgrade: "WebSocket" })],
    ["one sub-protocol", upgradeRequest("/", { "Sec-WebSocket-Protocol": "chat" })],
    ["sub-protocols", upgradeRequest("/", { "Sec-WebSocket-Protocol": "foo,bar , baz" })],
    ["a sub-protocol twice", upgradeRequest("/", { "Sec-WebSocket-Protocol": "foo, foo" })],
    ["an empty sub-protocol", upgradeRequest("/", { "Sec-WebSocket-Protocol": "foo,,bar" })],
    ["a sub-protocol that is no token", upgradeRequest("/", { "Sec-WebSocket-Protocol": "a b" })],
    ["a list that ends with a comma", upgradeRequest("/", { "Sec-WebSocket-Protocol": "foo," })],
    ["a list of nothing", upgradeRequest("/", { "Sec-WebSocket-Protocol": "" })],
    ["an extension", upgradeRequest("/", { "Sec-WebSocket-Extensions": "permessage-deflate" })],
  ];
  for (const [name, request] of requests) {
    test(`${name}: the same bytes as ws`, async (t) => {
      const [own, ws] = await Promise.all(
        (["own", "ws"] as const).map(async (binding) => {
          const accept = (endpoint: WebSocketEndpoint): void => endpoint.close();
          const server = await serveEndpoints(t, binding, 1000, accept, ["X-Extra: 1"]);
          // With the client's close frame, so that the connection ends.
          return tcp(server.port, Buffer.concat([Buffer.from(request), close()]));
        }),
      );
      assert.equal(own, ws);
      assert.match(own!, /^HTTP\/1\.1 \d/);
    });
  }

  test("frames in the segment of the request are heard", async (t) => {
    const server = await serveEndpoints(t, "own", 1000, echo);
    const peer = new BytePeer(server.port, Buffer.concat([text("a"), text("b").subarray(0, 3)]));
    assert.deepEqual(await peer.received(1), ["text a"]);
    peer.send(text("b").subarray(3));
    assert.deepEqual(await peer.received(2), ["text a", "text b"]);
    peer.socket.destroy();
  });
});

describe("writing", () => {
  test("what is sent within a tick leaves in one write, in order", async (t) => {
    const { peer, endpoint, socket, connection } = await open(t);
    const writes = countWrites(connection);
    endpoint.send("a", false, false);
    endpoint.send(Buffer.from([1]), false, false);
    socket.ping("p");
    endpoint.send(new Uint8Array([0, 2]).subarray(1), false, false);
    endpoint.send(new Uint8Array([3]).buffer, false, false);
    endpoint.send("é", false, false);
    assert.equal(writes(), 0);
    assert.ok(endpoint.bufferedAmount > 0);
    await new Promise(setImmediate);
    assert.equal(writes(), 1);
    assert.deepEqual(await peer.received(6), ["text a", "binary 01", "ping 70", "binary 02", "binary 03", "text é"]);
  });

  test("answers leave at the end of the data handler, pongs among them", async (t) => {
    const { peer, endpoint, connection } = await open(t);
    const writes = countWrites(connection);
    echo(endpoint);
    const heard = once(connection, "data").then(writes);
    peer.send(text("a"), ping("p"), text("b"));
    assert.deepEqual(await peer.received(3), ["text a", "pong 70", "text b"]);
    assert.equal(await heard, 1);
    assert.equal(writes(), 1);
  });

  test("past 16 KiB it leaves before the end of the tick, large bytes without a copy", async (t) => {
    const { peer, endpoint, connection } = await open(t);
    const writes = countWrites(connection);
    endpoint.send("first", false, false);
    endpoint.send(Buffer.alloc(40_000, 1), false, false);
    assert.ok(writes() > 0);
    endpoint.send("last", false, false);
    const [first, large, last] = await peer.received(3);
    assert.deepEqual([first, large?.length, last], ["text first", 7 + 80_000, "text last"]);
  });

  test("onWritten follows what was sent with the wish to be told", async (t) => {
    const { peer, endpoint, log } = await open(t);
    endpoint.send("x".repeat(100_000), false, true);
    endpoint.send("y", false, true);
    await log.until("written");
    assert.equal((await peer.received(2)).length, 2);
    assert.deepEqual(log.lines, ["written", "written"]);
    assert.equal(endpoint.bufferedAmount, 0);
  });
});

describe("the end", () => {
  test("by the peer: its code and reason are echoed, then the connection ends", async (t) => {
    const { peer, log, socket } = await open(t);
    const closed = once(socket, "close");
    peer.send(close(4001, "bye"), text("late"));
    assert.deepEqual(await peer.ended(), ["close 4001 bye", "end"]);
    assert.deepEqual(await closed, [4001, Buffer.from("bye")]);
    assert.deepEqual(log.lines, ["closed"]);
    assert.equal(socket.readyState, 3);
  });

  test("by this side: what was sent leaves first, and what the peer sent before its answer is heard", async (t) => {
    const { peer, endpoint, socket, log } = await open(t);
    endpoint.send("last", false, false);
    endpoint.close();
    endpoint.send("late", false, false);
    endpoint.close();
    assert.equal(socket.readyState, 2);
    assert.deepEqual(await peer.received(2), ["text last", "close"]);
    peer.send(text("before"), ping(), close());
    assert.deepEqual(await peer.ended(), ["text last", "close", "end"]);
    assert.deepEqual(await log.until("closed"), ["text before", "closed"]);
  });

  test("a peer that does not answer the close frame is let go after 30 s", async (t) => {
    const { peer, endpoint, connection } = await open(t);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    endpoint.close();
    await peer.received(1);
    t.mock.timers.tick(29_999);
    assert.equal(connection.destroyed, false);
    t.mock.timers.tick(1);
    assert.equal(connection.destroyed, true);
  });

  test("a peer that answers, but does not end the connection, is let go after 30 s too", async (t) => {
    const server = await serveEndpoints(t, "own");
    const made = server.endpoint();
    const peer = await new BytePeer(server.port).opened();
    const [, connection] = await made;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    peer.socket.allowHalfOpen = true;
    peer.send(close());
    while (!peer.lines.includes("end")) await once(peer.socket, "end");
    assert.equal(connection.destroyed, false);
    t.mock.timers.tick(30_000);
    assert.equal(connection.destroyed, true);
    peer.socket.destroy();
  });

  test("without a close frame: 1006", async (t) => {
    const { peer, log, socket } = await open(t);
    const closed = once(socket, "close");
    peer.send(text("a"), text("b").subarray(0, 5));
    peer.socket.end();
    assert.equal((await closed)[0], 1006);
    assert.deepEqual(log.lines, ["text a", "closed"]);
  });

  test("by a reset: 1006", async (t) => {
    const { peer, log, socket } = await open(t);
    const closed = once(socket, "close");
    peer.socket.resetAndDestroy();
    assert.equal((await closed)[0], 1006);
    assert.deepEqual(log.lines, ["closed"]);
  });

  test("by a broken frame: the error, then a close frame with the reason, and the rest is not heard", async (t) => {
    const { peer, log, endpoint } = await open(t);
    endpoint.send("before", false, false);
    peer.send(continuation("a"), text("late"));
    assert.deepEqual(await peer.ended(), ["text before", "close 1002", "end"]);
    assert.deepEqual(await log.until("closed"), ["error WS_ERR_INVALID_OPCODE", "closed"]);
  });

  test("terminate ends the connection at once", async (t) => {
    const { peer, log, endpoint } = await open(t);
    endpoint.terminate();
    await peer.ended();
    assert.deepEqual(await log.until("closed"), ["closed"]);
  });

  test("who sends more than 100 pings and reads nothing is cut off", async (t) => {
    const opened = await open(t);
    clog(opened);
    const { endpoint, log, peer } = opened;
    const before = endpoint.bufferedAmount;
    peer.send(...Array.from({ length: 100 }, () => ping()), text("still here"));
    await log.until("text still here");
    assert.equal(endpoint.bufferedAmount, before + 200);
    peer.send(ping());
    assert.deepEqual(await log.until("closed"), ["text still here", "error WS_ERR_TOO_MANY_CONTROL_FRAMES", "closed"]);
  });

  test("pings of a peer that is slow, but reads, are not added up for ever", async (t) => {
    const opened = await open(t);
    const { log, peer } = opened;
    for (const round of ["first", "second"]) {
      clog(opened);
      peer.send(...Array.from({ length: 60 }, () => ping(round)), text(round));
      await log.until(`text ${round}`);
      const pong = `pong ${Buffer.from(round).toString("hex")}`;
      peer.socket.resume();
      while (peer.lines.filter((line) => line === pong).length < 60) await peer.received(peer.lines.length + 1);
    }
    assert.deepEqual(log.lines, ["text first", "text second"]);
  });

  test("who sends very many pings and reads the answers is not", async (t) => {
    const { peer } = await open(t);
    peer.send(...Array.from({ length: 1000 }, () => ping("x")));
    assert.deepEqual(
      await peer.received(1000),
      Array.from({ length: 1000 }, () => "pong 78"),
    );
  });
});

test("a stream with changed bytes ends in a close frame that says why, or in the end of the connection", async (t) => {
  const server = await serveEndpoints(t, "own", 1000, echo);
  const stream = Buffer.concat([
    text("hé"),
    ping("p"),
    binary(Buffer.alloc(300, 1)),
    text("a", { fin: false }),
    continuation("b"),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(stream.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(stream.length),
      async (changes, cut) => {
        const mutated = Buffer.from(stream);
        for (const [at, byte] of changes) mutated[at] = byte;
        const peer = await new BytePeer(server.port, mutated.subarray(0, cut)).opened();
        peer.send(mutated.subarray(cut), close(1000));
        // A frame that has become longer would wait for its rest.
        peer.socket.end();
        const [last, ...before] = (await peer.ended()).toReversed();
        assert.equal(last, "end");
        assert.ok(!before.slice(1).some((line) => line.startsWith("close")), before.join("\n"));
        assert.ok(!before.some((line) => /wrong header|unknown/.test(line)), before.join("\n"));
        if (before[0]?.startsWith("close")) assert.match(before[0], /^close($| [134]\d\d\d)/);
      },
    ),
    { seed: 6455, numRuns: 200 },
  );
});

describe("the WebSocket that applications see", () => {
  test("has the members of ws", async (t) => {
    const { socket, connection } = await open(t);
    assert.equal(socket.readyState, WebSocket.OPEN);
    assert.deepEqual(
      [socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED, socket.protocol, socket.extensions],
      [0, 1, 2, 3, "", ""],
    );
    assert.equal(socket._socket, connection);
    const members = Object.getOwnPropertyNames(WebSocket.prototype).filter(
      (name) => !name.startsWith("_") && !["constructor", "setSocket", "emitClose"].includes(name),
    );
    assert.deepEqual(
      members.filter((name) => !(name in socket)),
      [],
    );
  });

  test("messages, pings and pongs, both ways", async (t) => {
    const server = await serveEndpoints(t, "own");
    const made = server.endpoint();
    const client = new WebSocket(`ws://127.0.0.1:${server.port}`, ["chat"]);
    const received: unknown[] = [];
    client.on("message", (data, isBinary) => received.push(isBinary ? data : (data as Buffer).toString()));
    client.on("ping", (data) => received.push(`ping ${data.toString()}`));
    const socket = (await made)[0].socket as OwnWebSocket;
    assert.equal(socket.protocol, "chat");
    const heard: unknown[] = [];
    socket.on("message", (data, isBinary) => heard.push([data, isBinary]));
    socket.on("ping", (data) => heard.push(["ping", data]));
    Object.assign(socket, { onmessage: ({ data }: { data: unknown }) => heard.push(data) });
    await once(client, "open");
    client.send("hé");
    client.send(Buffer.from([1]));
    client.ping("p");
    const pong = once(socket, "pong");
    await new Promise<void>((resolve) => {
      socket.send("text");
      socket.send(Buffer.from([2]), { binary: true });
      socket.send(7);
      socket.ping("q", false, () => resolve());
    });
    assert.deepEqual(await pong, [Buffer.from("q")]);
    assert.deepEqual(received, ["text", Buffer.from([2]), "7", "ping q"]);
    assert.deepEqual(heard, [
      [Buffer.from("hé"), false],
      "hé",
      [Buffer.from([1]), true],
      Buffer.from([1]),
      ["ping", Buffer.from("p")],
    ]);
    const closed = once(client, "close");
    socket.close(4000, "done");
    assert.deepEqual(await closed, [4000, Buffer.from("done")]);
  });

  test("handlers can be taken away again", async (t) => {
    const { socket, peer, log } = await open(t);
    const fail = (): void => assert.fail("called");
    socket.addEventListener("message", fail);
    socket.removeEventListener("message", fail);
    Object.assign(socket, { onmessage: fail });
    assert.equal(socket.onmessage, fail);
    Object.assign(socket, { onmessage: null });
    peer.send(text("a"));
    await log.until("text a");
    assert.equal(socket.listenerCount("message"), 0);
  });

  test("bytes as an ArrayBuffer, and a close event", async (t) => {
    const { socket, peer, log } = await open(t);
    socket.binaryType = "arraybuffer";
    const events: unknown[] = [];
    socket.addEventListener("message", ({ data }) => events.push(data), { once: true });
    socket.addEventListener("close", ({ code, reason, wasClean }) => events.push([code, reason, wasClean]));
    peer.send(binary(Buffer.from([1, 2])), close(1000, "x"));
    await log.until("closed");
    assert.deepEqual(events, [new Uint8Array([1, 2]).buffer, [1000, "x", true]]);
  });

  test("refuses codes and reasons that can't be sent, and tells who sends after the end", async (t) => {
    const { socket, peer } = await open(t);
    assert.throws(() => socket.close(1005), TypeError);
    assert.throws(() => socket.close(1000, "x".repeat(124)), RangeError);
    assert.throws(() => socket.ping("x".repeat(126)), RangeError);
    socket.close();
    const error = await new Promise((resolve) => socket.send("late", resolve));
    assert.match(String(error), /WebSocket is not open: readyState 2 \(CLOSING\)/);
    peer.send(close());
    await peer.ended();
  });

  test("an error without a listener does not end the process", async (t) => {
    const { socket, peer, log } = await open(t);
    peer.send(text("a", { rsv: 2 }));
    await log.until("closed");
    assert.equal(socket.listenerCount("error"), 0);
  });
});
