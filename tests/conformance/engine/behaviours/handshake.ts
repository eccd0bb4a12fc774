import assert from "node:assert/strict";
import { message, packet } from "../codec.ts";
import { overHttp, overPlainPolling, overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { EngineRequest } from "../engine.ts";
import { ask } from "../http.ts";

/** From the first request to the open packet (protocols.md 1.1, 1.4, 1.16). */
export const handshake: Behaviours = {
  "the open packet says what clients need, in a fixed order": async (stage) => {
    const session = await stage.connect();
    const upgrades = overPolling(stage.cell) ? ["websocket"] : [];
    const expected = { sid: session.socket.id, upgrades, pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 };
    assert.deepEqual(session.first, [packet("open", JSON.stringify(expected))]);
  },

  "the open packet repeats the options": {
    options: { pingInterval: 101, pingTimeout: 102, maxHttpBufferSize: 103, allowUpgrades: false },
    async run(stage) {
      const { sid: _, ...rest } = (await stage.connect()).handshake;
      assert.deepEqual(rest, { upgrades: [], pingInterval: 101, pingTimeout: 102, maxPayload: 103 });
    },
  },

  "options that are changed later hold for later sessions": async (stage) => {
    Object.assign(stage.engine.opts, { pingInterval: 11, pingTimeout: 12, maxHttpBufferSize: 13 });
    const { sid: _, upgrades: __, ...rest } = (await stage.connect()).handshake;
    assert.deepEqual(rest, { pingInterval: 11, pingTimeout: 12, maxPayload: 13 });
  },

  "transports that are not enabled are no upgrades": {
    cells: overPolling,
    options: { transports: ["polling"] },
    run: async (stage) => assert.deepEqual((await stage.connect()).handshake.upgrades, []),
  },

  "ids have 20 characters that are safe in URLs, and are never the same": async (stage) => {
    const ids = [(await stage.connect()).socket.id, (await stage.connect()).socket.id];
    for (const id of ids) assert.match(id, /^[\w-]{20}$/);
    assert.notEqual(ids[0], ids[1]);
  },

  "a first message in text follows the open packet at once": {
    options: { initialPacket: "welcome" },
    async run(stage) {
      const session = await stage.connect();
      const second = session.first[1] ?? (await session.peer.receive(1))[0];
      assert.deepEqual(second, message("welcome"));
    },
  },

  "a first message in bytes follows the open packet at once": {
    options: { initialPacket: Buffer.from([1, 2, 3]) },
    async run(stage) {
      const session = await stage.connect();
      const second = session.first[1] ?? (await session.peer.receive(1))[0];
      assert.deepEqual(second, message(Buffer.from([1, 2, 3])));
    },
  },

  "over polling the first message is in the body of the handshake": {
    cells: overPolling,
    options: { initialPacket: "welcome" },
    run: async (stage) => assert.equal((await stage.connect()).first.length, 2),
  },

  "generateId makes the id": {
    cells: overHttp,
    async run(stage) {
      let seen: EngineRequest | undefined;
      stage.engine.generateId = (req) => {
        seen = req as EngineRequest;
        return "my-id";
      };
      const session = await stage.connect({ token: "abc" });
      assert.deepEqual([session.socket.id, session.handshake.sid], ["my-id", "my-id"]);
      assert.equal(seen?._query["token"], "abc");
      assert.equal(await session.echo("hello"), "hello");
    },
  },

  "generateId may give a promise": {
    cells: overHttp,
    async run(stage) {
      stage.engine.generateId = () => Promise.resolve("later");
      const session = await stage.connect();
      assert.equal(session.handshake.sid, "later");
      assert.equal(await session.echo("hello"), "hello");
    },
  },

  "generateId that throws is a bad request": {
    cells: overHttp,
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "Q-15" : undefined),
    async run(stage) {
      const error = new Error("no id");
      stage.engine.generateId = () => {
        throw error;
      };
      assert.deepEqual(await stage.refused(), stage.refusal(3, "Bad request"));
      const context = { name: "ID_GENERATION_ERROR", error };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
    },
  },

  "generateId that rejects is a bad request": {
    cells: overHttp,
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "Q-15" : undefined),
    async run(stage) {
      const error = new Error("no id");
      stage.engine.generateId = () => Promise.reject(error);
      assert.deepEqual(await stage.refused(), stage.refusal(3, "Bad request"));
      const context = { name: "ID_GENERATION_ERROR", error };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
    },
  },

  "allowRequest is asked once, for the handshake alone, with the request": {
    cells: overHttp,
    options: {
      allowRequest(req: EngineRequest & { asked?: number }, done: (error: null, success: boolean) => void) {
        asked.push(req._query["token"]);
        done(null, true);
      },
    },
    async run(stage) {
      asked.length = 0;
      const session = await stage.connect({ token: "abc" });
      await session.echo("hello");
      assert.deepEqual(asked, ["abc"]);
    },
  },

  "allowRequest may answer later": {
    cells: overHttp,
    options: {
      allowRequest: (_req: unknown, done: (error: null, success: boolean) => void) =>
        void setImmediate(() => done(null, true)),
    },
    run: async (stage) => assert.equal(await (await stage.connect()).echo("hello"), "hello"),
  },

  "any EIO but 4 means revision 3, none as well": {
    cells: overHttp,
    async run(stage) {
      const revision = async (EIO: string | null): Promise<number> => {
        // With the cell's own codec it could not be read; the server's end says it.
        const connected = new Promise<number>((resolve) =>
          stage.engine.once("connection", (socket: { protocol: number }) => resolve(socket.protocol)),
        );
        const target = stage.target({ EIO, transport: "polling", j: null, b64: null });
        await ask(stage.port, "GET", target).answer;
        return connected;
      };
      assert.deepEqual(
        [await revision("4"), await revision("3"), await revision("5"), await revision("04"), await revision(null)],
        [4, 3, 3, 3, 3],
      );
    },
  },

  "of a repeated parameter the last one counts": {
    cells: overHttp,
    async run(stage) {
      const connected = new Promise<number>((resolve) =>
        stage.engine.once("connection", (socket: { protocol: number }) => resolve(socket.protocol)),
      );
      await ask(stage.port, "GET", `/engine.io/?EIO=3&EIO=4&transport=websocket&transport=polling`).answer;
      assert.equal(await connected, 4);
    },
  },

  "an empty sid is none": {
    cells: overHttp,
    async run(stage) {
      const session = await stage.connect({ sid: "" });
      assert.match(session.handshake.sid, /^[\w-]{20}$/);
    },
  },

  "the socket reports the revision": async (stage) => {
    const session = await stage.connect();
    assert.equal(session.socket.protocol, stage.cell.revision);
    assert.equal(session.socket.transport.protocol, stage.cell.revision);
  },

  "a path of one's own": {
    cells: overHttp,
    attachOptions: { path: "/my/path/" },
    async run(stage) {
      const target = stage.target({ transport: "polling" }, stage.cell.transport, "/my/path/");
      assert.equal((await ask(stage.port, "GET", target).answer).status, 200);
      const other = await ask(stage.port, "GET", stage.target({ transport: "polling" })).answer;
      assert.deepEqual([other.status, other.body], [404, "app"]);
    },
  },

  "a path without a slash behind it": {
    cells: overPolling,
    attachOptions: { path: "/io", addTrailingSlash: false },
    async run(stage) {
      assert.equal((await ask(stage.port, "GET", stage.target({}, "polling", "/io")).answer).status, 200);
      assert.equal((await ask(stage.port, "GET", stage.target({}, "polling", "/io/")).answer).status, 200);
    },
  },

  "a path that only begins the same belongs to somebody else": {
    cells: overPolling,
    attachOptions: { path: "/io", addTrailingSlash: false },
    upstreamDiffers: "9.2, 15; Q-17",
    async run(stage) {
      const answer = await ask(stage.port, "GET", stage.target({}, "polling", "/iofoo")).answer;
      assert.deepEqual([answer.status, answer.body], [404, "app"]);
    },
  },

  "clients that can't take bytes get base64": {
    cells: (cell) => overHttp(cell) && (!overPlainPolling(cell) || cell.revision === 3),
    async run(stage) {
      const session = await stage.connect({ b64: "1" });
      session.socket.send(Buffer.from([1, 2, 3, 4]));
      await session.peer.receive(1);
      const packet = stage.cell.revision === 3 ? "b4AQIDBA==" : "bAQIDBA==";
      const framed = overWebSocket(stage.cell) || stage.cell.revision === 4 ? packet : `${packet.length}:${packet}`;
      assert.equal(session.peer.units.at(-1), framed);
      assert.equal(session.socket.transport.supportsBinary, false);
    },
  },
};

/** By allowRequest above. */
const asked: unknown[] = [];
