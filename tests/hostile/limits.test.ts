import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { Server as Engine } from "engine.io";
import type { Server, ServerOptions, Socket } from "socket.io";
import { io as connect } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";
import { listen } from "../support/listening.ts";
import { binary, continuation, frame, ping, text } from "../support/raw-frames.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { withstands } from "./attack.ts";
import { Peer, pollingSid, request, SOCKET_IO, webSocketPeer } from "./peer.ts";

/** What goes on around one limit. */
interface Scene {
  readonly io: Server;
  readonly port: number;
  readonly t: TestContext;
  /** The main namespace's socket, where there is one. */
  readonly socket: Socket | undefined;
  /** Its WebSocket, joined to the main namespace. */
  readonly peer: Peer;
}

/** A limit, who reaches it, and what both ends see. */
interface Row {
  /** As counted. */
  readonly limit: string;
  readonly options?: Partial<ServerOptions>;
  /** By default a WebSocket that has joined. */
  readonly without?: "a peer";
  /** The frame by which it joins, where that is not text. */
  readonly hello?: Buffer;
  reach(scene: Scene): unknown;
  /** The reason that `disconnect` has, and the code of its error, or of that one's description. */
  readonly server?: readonly [reason: string, code: string | undefined];
  /** What the peer reads. */
  readonly wire?: RegExp;
}

const CLOSED_WITHOUT_STATUS = /\x88\x00/; // oxlint-disable-line no-control-regex -- a frame
const closedWith = (code: number): RegExp => {
  const status = Buffer.alloc(2);
  status.writeUInt16BE(code);
  return new RegExp(
    `\x88\x02${status.toString("latin1").replace(/[^\w]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}`,
  );
};

const post = (body: string): string =>
  `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`;

/** A packet in MessagePack: a map of its type, "/", and its data, `undefined` unless it is given. */
function msgpackPacket(type: number, data: Buffer = Buffer.from("d40000", "hex")): Buffer {
  return Buffer.concat([Buffer.from(`\x83\xa4type${String.fromCharCode(type)}\xa3nsp\xa1/\xa4data`, "latin1"), data]);
}

/** A session by polling and a request of it. */
async function polling({ t, port }: Scene, method: string, body: string): Promise<Peer> {
  const target = `${SOCKET_IO}&transport=polling&sid=${await pollingSid(t, port, SOCKET_IO)}`;
  return new Peer(t, port, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${post(body)}\r\n${body}`);
}

const ROWS: Record<string, Row> = {
  "a body of more than maxHttpBufferSize": {
    limit: "maxHttpBufferSize",
    options: { maxHttpBufferSize: 1000 },
    without: "a peer",
    async reach(scene) {
      const peer = await polling(scene, "POST", "4".repeat(1001));
      assert.ok(await peer.sees("HTTP/1.1 413"));
    },
  },
  "a WebSocket message of more than maxHttpBufferSize": {
    limit: "maxHttpBufferSize",
    reach: ({ peer }) => peer.write(frame({ opcode: 1, length: 1_000_001 })),
    server: ["transport error", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    wire: closedWith(1009),
  },
  "a message in more than 16,384 fragments": {
    limit: "maxFragments",
    reach: ({ peer }) =>
      peer.write(
        Buffer.concat([
          text("4", { fin: false }),
          ...Array.from({ length: 16_384 }, () => continuation("", { fin: false })),
        ]),
      ),
    server: ["transport error", "WS_ERR_TOO_MANY_FRAGMENTS"],
    wire: closedWith(1008),
  },
  "more than 100 pings of a peer that reads nothing": {
    limit: "maxWaitingPongs",
    async reach({ peer, socket }) {
      peer.socket.pause();
      const flood = Buffer.concat(Array.from({ length: 2000 }, () => ping("x".repeat(125))));
      // The operating system takes some MiB of answers first.
      for (let round = 0; round < 150 && socket!.connected; round++) await peer.write(flood);
      assert.equal(socket!.connected, false);
    },
    server: ["transport error", "WS_ERR_TOO_MANY_CONTROL_FRAMES"],
  },
  "a body of more than 50,000 packets": {
    limit: "maxPacketsPerPayload",
    without: "a peer",
    async reach(scene) {
      const peer = await polling(scene, "POST", `${"3\x1e".repeat(50_000)}3`);
      assert.ok(await peer.sees("HTTP/1.1 200"));
    },
  },
  "a second GET of a session": {
    limit: "maxRequestsInFlight",
    without: "a peer",
    async reach(scene) {
      const { t, port } = scene;
      const target = `${SOCKET_IO}&transport=polling&sid=${await pollingSid(t, port, SOCKET_IO)}`;
      const peer = new Peer(t, port, request("GET", target) + request("GET", target));
      assert.ok(await peer.sees(/HTTP\/1.1 400/));
    },
  },
  "an application that takes longer than handshakeTimeout": {
    limit: "handshakeTimeout",
    options: { handshakeTimeout: 20, allowRequest: () => {} },
    without: "a peer",
    async reach({ t, port }) {
      const peer = new Peer(t, port, request("GET", `${SOCKET_IO}&transport=polling`));
      assert.ok(await peer.sees('{"code":3,"message":"Bad request"}'));
    },
  },
  "a connection that joins nothing for connectTimeout": {
    limit: "connectTimeout",
    options: { connectTimeout: 20 },
    without: "a peer",
    async reach({ t, port }) {
      const peer = await webSocketPeer(t, port, SOCKET_IO);
      assert.ok(await peer.sees(CLOSED_WITHOUT_STATUS));
    },
  },
  "a packet of more than 10 attachments": {
    limit: "maxAttachments",
    reach: ({ peer }) => peer.write(text('4511-["x"]')),
    server: ["forced close", "ERR_TOO_MANY_ATTACHMENTS"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "a packet nested deeper than 1,000 levels": {
    limit: "maxDepth",
    reach: ({ peer }) => peer.write(text(`42["x",${"[".repeat(1000)}${"]".repeat(1000)}]`)),
    server: ["forced close", "ERR_BAD_PAYLOAD"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "a packet in MessagePack nested deeper than 1,000 levels": {
    limit: "maxDepth",
    options: { parser: msgpack },
    hello: binary(msgpackPacket(0)),
    reach: ({ peer }) => peer.write(binary(msgpackPacket(2, Buffer.alloc(1000, 0x91)))),
    server: ["forced close", "ERR_TOO_DEEP"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "a packet nested 400,000 levels deep": {
    limit: "maxDepth",
    reach: ({ peer }) => peer.write(text(`42["x",${"[".repeat(400_000)}${"]".repeat(400_000)}]`)),
    server: ["forced close", "ERR_BAD_PAYLOAD"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "attachments of more than maxIncompletePacketSize": {
    limit: "maxIncompletePacketSize",
    options: { maxIncompletePacketSize: 1000 },
    reach: ({ peer }) => peer.write(Buffer.concat([text('452-["x"]'), binary(Buffer.alloc(1000))])),
    server: ["forced close", "ERR_PACKET_TOO_LARGE"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "attachments that do not come for incompletePacketTimeout": {
    limit: "incompletePacketTimeout",
    options: { incompletePacketTimeout: 20 },
    reach: ({ peer }) => peer.write(text('452-["x"]')),
    server: ["forced close", "ERR_PACKET_INCOMPLETE"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "the name of an event of more than maxNameLength": {
    limit: "maxNameLength",
    reach: ({ peer }) => peer.write(text(`42["${"x".repeat(1025)}"]`)),
    server: ["forced close", "ERR_NAME_TOO_LONG"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "more than maxPendingAcks events without an answer": {
    limit: "maxPendingAcks",
    options: { maxPendingAcks: 3 },
    reach({ socket }) {
      for (let at = 0; at < 4; at++) socket!.emit("x", () => {});
    },
    server: ["forced close", "ERR_TOO_MANY_ACKS"],
    wire: CLOSED_WITHOUT_STATUS,
  },
  "more than maxNamespacesPerConnection namespaces": {
    limit: "maxNamespacesPerConnection",
    options: { maxNamespacesPerConnection: 1 },
    reach: ({ peer }) => peer.write(text("40/n,")),
    wire: /44\/n,\{"message":"Too many namespaces"\}/,
  },
  "more than maxCreatedNamespacesPerConnection namespaces made": {
    limit: "maxCreatedNamespacesPerConnection",
    options: { maxCreatedNamespacesPerConnection: 1 },
    async reach({ io, peer }) {
      io.of(/^\/n/);
      await peer.write(Buffer.concat([text("40/n1,"), text("40/n2,")]));
    },
    wire: /44\/n2,\{"message":"Too many namespaces"\}/,
  },
  "more than maxRoomsPerConnection rooms": {
    limit: "maxRoomsPerConnection",
    options: { maxRoomsPerConnection: 1 },
    reach: ({ socket }) => assert.rejects(async () => socket!.join("x"), { code: "ERR_TOO_MANY_ROOMS" }),
  },
};

for (const [title, { limit, options, without, hello = text("40"), reach, server, wire }] of Object.entries(ROWS)) {
  withstands(`${title}: counted as ${limit}, and both ends know`, async (target, t) => {
    const { io, port } = await target(options);
    const ended: unknown[] = [];
    let socket: Socket | undefined;
    let peer: Peer;
    if (without === undefined) {
      const connection = once(io, "connection") as Promise<[Socket]>;
      peer = new Peer(t, port, Buffer.concat([Buffer.from(upgradeRequest(`${SOCKET_IO}&transport=websocket`)), hello]));
      [socket] = await connection;
      await peer.sees(/sid.*sid/s);
      socket.on("disconnect", (reason, error: { code?: string; description?: { code?: string } }) =>
        ended.push([reason, error?.code ?? error?.description?.code]),
      );
    }
    // Not `once`, which rejects with the `error` event that comes first.
    const disconnected = server !== undefined && new Promise((resolve) => socket!.on("disconnect", resolve));
    await reach({ io, port, t, socket, peer: peer! });
    if (wire !== undefined) assert.ok(await peer!.sees(wire), JSON.stringify(peer!.text.slice(-200)));
    await disconnected;
    assert.deepEqual(ended, server === undefined ? [] : [server]);
    const { limitsReached } = io.engine as import("engine.io").BaseServer;
    assert.deepEqual([...limitsReached.entries()], [[limit, 1]]);
  });
}

/** What a client of ours makes of a hostile server, which says these messages once the client has joined. */
const FROM_SERVER: Record<string, { readonly says: readonly string[]; readonly error: object }> = {
  "more than 10 attachments": {
    says: ['511-["x"]'],
    error: { message: "too many attachments", code: "ERR_TOO_MANY_ATTACHMENTS" },
  },
  "nesting of 400,000 levels": {
    says: [`2["x",${"[".repeat(400_000)}${"]".repeat(400_000)}]`],
    error: { message: "invalid payload", code: "ERR_BAD_PAYLOAD" },
  },
};

for (const [what, { says, error }] of Object.entries(FROM_SERVER)) {
  test(`a client whose server sends ${what} closes the connection, and says why`, async (t) => {
    const http = createServer();
    const engine = new Engine();
    engine.attach(http, { path: "/socket.io" });
    const port = await listen(http);
    engine.on("connection", (connection) => {
      connection.on("message", () => {
        for (const message of ['0{"sid":"x"}', ...says]) connection.send(message);
      });
    });
    const socket = connect(`http://127.0.0.1:${port}`, { reconnection: false });
    t.after(() => {
      socket.close();
      engine.close();
      http.close();
      http.closeAllConnections();
    });
    const [reason, description] = await new Promise<[string, NodeJS.ErrnoException]>((resolve) => {
      socket.on("disconnect", (...told) => resolve(told as unknown as [string, NodeJS.ErrnoException]));
    });
    assert.deepEqual([reason, { message: description.message, code: description.code }], ["parse error", error]);
  });
}
