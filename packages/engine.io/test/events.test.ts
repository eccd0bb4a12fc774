import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { Socket } from "engine.io";
import { http, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { PATH, serve, type Served } from "./support.ts";

/** A polling session of a revision, by hand. */
async function session(t: TestContext, eio: 3 | 4): Promise<{ served: Served; socket: Socket; query: string }> {
  const served = await serve(t, { allowEIO3: true });
  const connection = served.connection();
  const { body } = await http(served.port, "GET", `${PATH}?EIO=${eio}&transport=polling`);
  const { sid } = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)) as { sid: string };
  return { served, socket: await connection, query: `?EIO=${eio}&sid=${sid}` };
}

const EVENTS = ["packet", "data", "message", "heartbeat", "upgrading", "upgrade", "close", "error"];

for (const eio of [3, 4] as const) {
  describe(`a session of revision ${eio}`, () => {
    test("announces what happens to it by these events, in this order, and never by error", async (t) => {
      const { served, socket, query } = await session(t, eio);
      const log: unknown[] = [];
      for (const event of EVENTS) {
        socket.on(event, (...args: unknown[]) => log.push([event, ...args.map(shown)]));
      }
      const polling = socket.transport;
      const post = async (packet: string): Promise<void> => {
        const body = eio === 3 ? `${packet.length}:${packet}` : packet;
        await http(served.port, "POST", `${PATH}${query}&transport=polling`, body);
      };
      const heartbeat = eio === 3 ? "ping" : "pong";
      await post("4hi");
      await post(eio === 3 ? "2" : "3");
      const peer = new RawWebSocket(served.port, query.replace("?", "&").replace(/&EIO=\d/, `&EIO=${eio}`), PATH);
      t.after(() => peer.terminate());
      await peer.opened();
      peer.send("2probe");
      await once(socket, "upgrading");
      assert.equal(socket.transport, polling);
      peer.send("5");
      await once(socket, "upgrade");
      assert.notEqual(socket.transport, polling);
      const closed = once(socket, "close");
      // Of no known type.
      peer.send("x");
      await closed;
      assert.deepEqual(log, [
        ["packet", { type: "message", data: "hi" }],
        ["data", "hi"],
        ["message", "hi"],
        ["packet", { type: heartbeat }],
        ["heartbeat"],
        ["upgrading", "websocket"],
        ["upgrade", "websocket"],
        ["packet", { type: "error", data: "parser error" }],
        ["close", "parse error", undefined],
      ]);
    });

    test("creates each packet that leaves before it is flushed, and drains after", async (t) => {
      const { served, socket, query } = await session(t, eio);
      const log: unknown[] = [];
      socket.on("packetCreate", ({ type, data, options }) => log.push(["packetCreate", type, data, options?.compress]));
      socket.on("flush", (batch: readonly { data: unknown }[]) => log.push(["flush", batch.map(({ data }) => data)]));
      const drained = once(socket, "drain").then(() => log.push(["drain"]));
      assert.equal(socket.send("a"), socket);
      assert.equal(socket.write("b", { compress: false }), socket);
      await http(served.port, "GET", `${PATH}${query}&transport=polling`);
      await drained;
      assert.deepEqual(log, [
        ["packetCreate", "message", "a", true],
        ["packetCreate", "message", "b", false],
        ["flush", ["a", "b"]],
        ["drain"],
      ]);
    });
  });
}

test("open comes before anybody can listen, on the way to connection", async (t) => {
  const seen: string[] = [];
  // oxlint-disable-next-line typescript/unbound-method -- called with the `this` that it is replaced for
  const { emit } = Socket.prototype;
  t.mock.method(Socket.prototype, "emit", function (this: Socket, event: string, ...args: unknown[]) {
    seen.push(event);
    return emit.call(this, event, ...args);
  });
  const { socket } = await session(t, 4);
  assert.deepEqual([seen.filter((event) => event === "open"), socket.readyState], [["open"], "open"]);
});

test("what is sent while a session is closing, or over, is ignored", async (t) => {
  const { served, socket, query } = await session(t, 4);
  socket.send("before");
  socket.close();
  assert.equal(socket.readyState, "closing");
  assert.equal(
    socket.send("while", () => assert.fail("called")),
    socket,
  );
  const closed = once(socket, "close");
  assert.equal((await http(served.port, "GET", `${PATH}${query}&transport=polling`)).body, "4before");
  await http(served.port, "GET", `${PATH}${query}&transport=polling`);
  assert.deepEqual((await closed)[0], "forced close");
  assert.equal(
    socket.write("after", () => assert.fail("called")),
    socket,
  );
});

/** Transports by their names. */
function shown(value: unknown): unknown {
  return typeof value === "object" && value !== null && "sid" in value ? (value as { name?: unknown }).name : value;
}
