/** docs/ecosystem-names.md against the source and against living objects (api.md section 4, rows D-20 to D-30). */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions } from "socket.io";
import { root } from "../../tools/setup.mjs";
import { listen, portOf } from "../support/listening.ts";
import { ourClient } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { assertOurs, installation } from "./support/installation.ts";

interface Name {
  readonly object: string;
  readonly member: string;
  readonly source: string;
  readonly isInternal: boolean;
}

// any: the members are read as packages without our types read them.
// eslint-disable-next-line typescript/no-explicit-any -- see above
type Untyped = any;

const page = readFileSync(join(root, "docs/ecosystem-names.md"), "utf8");
const names: readonly Name[] = [
  ...page.matchAll(/^\| `(\w+)\.(\w+)` \| [^|]+ \| D-\d+ \| `([^`]+)` \| (public|`@internal`) +\|$/gm),
].map(([, object, member, source, mark]) => ({
  object: object!,
  member: member!,
  source: source!,
  isInternal: mark !== "public",
}));
/** `member in package`, with a reason on the page. */
const allowed = [...page.matchAll(/^\| `(\w+\.\w+)` \| `([\w.-]+)` \| \S.+\|$/gm)].map(
  ([, member, user]) => `${member} in ${user}`,
);

/** Who is handed objects of whom: only there can a name be used across packages. */
const HOLDERS: Readonly<Record<string, readonly string[]>> = {
  "socket.io": ["socket.io-adapter"],
  "socket.io-adapter": ["socket.io"],
  "engine.io": ["socket.io", "socket.io-adapter"],
  "socket.io-client": [],
};

/** Names that members of other objects bear too count with the object before them alone. */
const COMMON = new Set(["server", "opts", "id", "packet", "flags", "encoder", "_opts"]);

describe("names that other packages read", () => {
  test("are listed with their home, each marked there as the page says", () => {
    assert.equal(names.length, page.match(/\| D-\d+ \|/g)?.length, "every line of the table is understood");
    for (const { object, member, source, isInternal } of names) {
      if (member === "on" || member === "nsp") continue; // an emitter's own, and a parameter of the constructor
      const before = beforeDeclaration(source, member);
      assert.ok(before !== null, `${object}.${member} is declared in ${source}`);
      assert.equal(/@internal/.test(before), isInternal, `${object}.${member} in ${source}`);
    }
  });

  test("are not used by our own packages across their borders, but where the page gives a reason", () => {
    const found = new Set<string>();
    for (const { object, member, source, isInternal } of names) {
      if (!isInternal) continue;
      for (const holder of HOLDERS[source.split("/")[1]!]!) {
        const before = COMMON.has(member) ? object : `(?<!\\bthis)[\\w)\\]]`;
        const use = new RegExp(`${before}\\??\\.${member}\\b`);
        if (sourcesOf(holder).some((text) => use.test(text))) found.add(`${object}.${member} in ${holder}`);
      }
    }
    assert.deepEqual([...found].sort(), [...allowed].sort());
  });

  test("are there, on a server with a client", async (t) => {
    const { objects } = await live(t);
    for (const { object, member } of names) {
      const holder = objects[object];
      assert.ok(holder !== undefined, object);
      assert.ok(member in holder, `${object}.${member}`);
      assert.notEqual(holder[member], undefined, `${object}.${member}`);
    }
  });

  test("of an adapter lead to its namespace, rooms and encoder, and to an id among servers", async (t) => {
    const { objects, socket } = await live(t);
    const { adapter, nsp } = objects as Untyped;
    assert.equal(adapter.nsp, nsp);
    void socket.join("a room");
    assert.deepEqual([...adapter.rooms.get("a room")], [socket.id]);
    assert.deepEqual([...adapter.sids.get(socket.id)], [socket.id, "a room"]);
    assert.deepEqual(adapter.encoder.encode({ type: 2, nsp: "/", data: ["x", 1] }), ['2["x",1]']);
    assert.equal(typeof adapter.uid, "string");
    assert.notEqual(adapter.uid, "");
  });

  test("of a server lead to its namespaces, engine, HTTP server, options and encoder", async (t) => {
    const { objects, io, http } = await live(t);
    const { server, nsp, engine } = objects as Untyped;
    io.of("/chat");
    const seen: string[] = [];
    server._nsps.forEach((one: Untyped) => seen.push(one.name));
    assert.deepEqual(seen, ["/", "/chat"]);
    assert.equal(server.httpServer, http);
    assert.equal(engine.clientsCount, 1);
    assert.equal(server.eio, engine);
    assert.equal(nsp.server.opts.connectionStateRecovery.maxDisconnectionDuration, 5_000);
    assert.equal(nsp.server._opts, nsp.server.opts);
    assert.deepEqual(nsp.server.encoder.encode({ type: 2, nsp: "/chat", data: ["x"] }), ['2/chat,["x"]']);
    assert.deepEqual(
      Object.keys(server._parser)
        .filter((name) => /^(En|De)coder$/.test(name))
        .sort(),
      ["Decoder", "Encoder"],
    );
    assert.equal(typeof server._adapter, "function");
  });

  test("of a namespace lead to its sockets, also those in middlewares, and take what other servers emit", async (t) => {
    const { objects, socket, io, connect } = await live(t);
    const { nsp } = objects as Untyped;
    assert.equal(nsp.sockets.get(socket.id), socket);
    const heard = next(nsp, "from elsewhere");
    nsp._onServerSideEmit(["from elsewhere", 1, "two"]);
    assert.deepEqual(await heard, [1, "two"]);

    const inside = new Promise<unknown[]>((resolve) => {
      io.use((late, proceed) => {
        resolve([nsp._preConnectSockets.has(late.id), nsp.sockets.has(late.id), nsp._fns.length]);
        proceed();
      });
    });
    const other = connect();
    assert.deepEqual(await inside, [true, false, 1]);
    await next(other, "connect");
    assert.equal(nsp._preConnectSockets.size, 0);
  });

  test("of a socket write packets that adapters have encoded, and await their answers", async (t) => {
    const { objects, socket, peer } = await live(t);
    const { client, nsp } = objects as Untyped;
    assert.match(client.id, /^[\w-]{20}$/);
    assert.equal(client.id, socket.conn.id);

    const encode = (data: unknown[], id?: number): string[] =>
      nsp.server.encoder.encode({ type: 2, nsp: "/", data, id });
    const first = next(peer, "written");
    client.writeToEngine(encode(["written", 1]), { compress: true });
    assert.equal((await first)[0], 1);
    const second = next(peer, "written");
    (socket as Untyped).packet(encode(["written", 2]), { preEncoded: true, volatile: false, compress: true });
    assert.equal((await second)[0], 2);

    const outgoing: unknown[] = [];
    socket.onAnyOutgoing((...args) => outgoing.push(args));
    (socket as Untyped).notifyOutgoingListeners({ data: ["told", 3] });
    assert.deepEqual(outgoing, [["told", 3]]);

    peer.on("question", (value, answer) => answer(value + 1));
    const id = nsp._ids++;
    const answered = new Promise((resolve) => (socket as Untyped).acks.set(id, resolve));
    client.writeToEngine(encode(["question", 1], id), {});
    assert.equal(await answered, 2);
    assert.equal((socket as Untyped).acks.size ?? 0, 0);
  });

  test("of a connection tell its transport, and when it changes; the engine counts it", async (t) => {
    const { io, connect } = await live(t);
    const upgraded = new Promise<string[]>((resolve) => {
      io.once("connection", (socket) => {
        const before = socket.conn.transport.name;
        socket.conn.once("upgrade", (transport) => resolve([before, transport.name, socket.conn.transport.name]));
      });
    });
    connect({ transports: ["polling", "websocket"] });
    assert.deepEqual(await upgraded, ["polling", "websocket", "websocket"]);
    for (const socket of io.sockets.sockets.values()) {
      assert.equal((io.engine as Untyped).clients[(socket.conn as Untyped).id], socket.conn);
    }
    assert.equal(io.engine.clientsCount, 2);
  });

  test("that applications reach through the engine and its sockets work there", async (t) => {
    const { io, http, connect } = await live(t);
    const heard: string[] = [];
    const engine = io.engine as Untyped;
    assert.equal(engine.opts.pingInterval, 25_000);
    engine.generateId = () => "an id of the application";
    engine.use((request: Untyped, _: unknown, proceed: () => void) => {
      request.session = { user: "Ada" };
      proceed();
    });
    for (const name of ["initial_headers", "headers"]) {
      engine.on(name, (headers: Record<string, string>) => {
        headers[`x-${name}`] = "set";
        heard.push(name);
      });
    }
    const refused = next<[{ code: number }]>(engine, "connection_error");
    const port = portOf(http);
    const answer = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=none`);
    assert.equal(answer.status, 400);
    await answer.text();
    assert.equal((await refused)[0].code, 0);

    heard.length = 0;
    const connection = next<[import("socket.io").Socket]>(io, "connection");
    connect({ query: { token: "abc" } });
    const [socket] = (await connection) as [Untyped];
    assert.deepEqual(heard, ["initial_headers", "headers"]);
    assert.equal(engine.clientsCount, 2);
    assert.equal(socket.conn.id, "an id of the application");
    assert.equal(socket.client.conn, socket.conn);
    assert.match(socket.conn.remoteAddress, /127\.0\.0\.1$/);
    assert.equal(typeof socket.conn.transport.socket.send, "function");
    assert.deepEqual([socket.request.session.user, socket.request._query.token], ["Ada", "abc"]);
    assert.equal(io.sockets.adapter, io.of("/").adapter);
    assert.ok(io.of("/").adapter.sids.has(socket.id) && io.of("/").adapter.rooms.has(socket.id));
    delete socket.conn.request;
    assert.equal(socket.request, undefined);
    const told = next(socket, "disconnect");
    socket.disconnect(true);
    assert.equal((await told)[0], "server namespace disconnect");
    assert.equal(engine.clientsCount, 1);
  });

  test("of a message's options carry its frame: made by a broadcast, written as it is", async (t) => {
    const { objects, io, peer } = await live(t);
    const { client } = objects as Untyped;
    let options: Untyped;
    const write = client.writeToEngine;
    client.writeToEngine = (encoded: unknown, given: Untyped) => {
      options = given;
      write.call(client, encoded, given);
    };
    const arrived = next(peer, "to all");
    io.emit("to all", 1);
    await arrived;
    const frame = Buffer.concat(options.wsPreEncodedFrame);
    assert.equal(frame[0], 0x81, "a whole text message (RFC 6455, 5.2)");
    assert.match(frame.subarray(2).toString(), /^42\["to all",1/);
    delete client.writeToEngine;

    const text = '42["other",2]';
    const made = [Buffer.from([0x81, text.length]), Buffer.from(text)];
    const other = next(peer, "other");
    client.writeToEngine(['2["to all",1]'], { compress: true, wsPreEncodedFrame: made });
    assert.deepEqual(await other, [2]);
  });

  test("of the client tell its flags before they count, and its options", async (t) => {
    const { connect } = await live(t);
    const peer = connect({ ackTimeout: 1_234, autoConnect: false }) as Untyped;
    assert.equal(peer._opts.ackTimeout, 1_234);
    assert.equal(peer.flags.timeout, undefined);
    peer.timeout(5_678);
    assert.equal(peer.flags.timeout, 5_678);
    peer.volatile.emit("nothing");
    assert.equal(peer.flags.timeout, undefined);
  });
});

/** A server of ours, out of its tarball, with one client over WebSocket. */
async function live(t: TestContext) {
  const require = createRequire(join(installation(), "package.json"));
  const { Server } = require("socket.io") as typeof import("socket.io");
  const { SessionAwareAdapter, ClusterAdapter } = require("socket.io-adapter") as typeof import("socket.io-adapter");
  assertOurs(
    ["socket.io", "socket.io-adapter"].map((name) => {
      const folder = join(installation(), "node_modules", name);
      assert.ok(
        Object.keys(require.cache).some((file) => file.startsWith(join(folder, "dist"))),
        `${name} runs`,
      );
      return { name, folder, version: (require(`${name}/package.json`) as { version: string }).version };
    }),
  );
  const http = createServer();
  const options: Partial<ServerOptions> = {
    connectionStateRecovery: { maxDisconnectionDuration: 5_000 },
    adapter: SessionAwareAdapter,
  };
  const io = new Server(http, options);
  const port = await listen(http);
  t.after(() => io.close());
  const url = `http://127.0.0.1:${port}`;
  const { io: open } = ourClient();
  const connect = (more: Parameters<typeof open>[1] = {}) => {
    const peer = open(url, { forceNew: true, reconnection: false, transports: ["websocket"], ...more });
    t.after(() => void peer.disconnect());
    return peer;
  };
  const connection = next<[import("socket.io").Socket]>(io, "connection");
  const peer = connect();
  const [[socket]] = await Promise.all([connection, next(peer, "connect")]);

  class Alone extends ClusterAdapter {
    protected override doPublish(): Promise<string> {
      return Promise.resolve("");
    }
    protected override doPublishResponse(): Promise<void> {
      return Promise.resolve();
    }
  }
  const adapter = io.sockets.adapter as Untyped;
  // The adapter of one server has no id: it is asked of one that connects servers.
  adapter.uid = new (Alone as Untyped)(io.sockets).uid;
  let written: Untyped;
  const { client } = socket as Untyped;
  const write = client.writeToEngine;
  client.writeToEngine = (_: unknown, given: Untyped) => (written = given);
  io.emit("for its options");
  delete client.writeToEngine;
  assert.notEqual(client.writeToEngine, undefined);
  assert.equal(client.writeToEngine, write);
  const objects: Record<string, Untyped> = {
    server: io,
    nsp: io.sockets,
    socket,
    client,
    conn: socket.conn,
    engine: io.engine,
    adapter,
    options: written,
    browser: peer,
  };
  return { io, http, socket, peer, connect, objects };
}

/** The comment right before the declaration of a member, and what stands before its name; null if there is none. */
function beforeDeclaration(source: string, member: string): string | null {
  const lines = readFileSync(join(root, source), "utf8").split("\n");
  const modifiers = "(?:(?:declare|private|protected|readonly|override|get|abstract) )*";
  const own = new RegExp(`^ {2}${modifiers}${member}(?:[?!]?[:(]| =)`);
  const at = lines.findIndex((line) => own.test(line));
  if (at === -1) return null;
  let first = at;
  while (/^ {2}(?:\/\/|\/\*\*| \*)/.test(lines[first - 1] ?? "")) first--;
  return lines.slice(first, at + 1).join("\n");
}

function sourcesOf(name: string): string[] {
  const folder = join(root, "packages", name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, ""));
}
