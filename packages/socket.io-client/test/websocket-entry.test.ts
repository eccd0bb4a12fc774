import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { Socket as OtherSocket } from "socket.io-client";
import { io, Manager, Socket } from "socket.io-client/websocket";
import { serveUpstream } from "./support/upstream-server.ts";

const require = createRequire(import.meta.url);

test("the entry for WebSocket alone connects by it at once, and its Sockets are those of the main entry", async (t) => {
  const { server, url } = await serveUpstream(t);
  // oxlint-disable-next-line typescript/no-explicit-any -- upstream's socket
  server.on("connection", (peer: any) => peer.emit("by", peer.conn.transport.name));
  const socket = io(url);
  t.after(() => socket.disconnect());
  assert.equal(await new Promise((resolve) => socket.on("by", resolve)), "websocket");
  assert.deepEqual(socket.io.engine.transports, ["websocket"]);
  assert.ok(socket instanceof Socket && socket.io instanceof Manager);
  assert.equal(Socket, OtherSocket);
});

test("names of other transports are unknown to it", () => {
  const manager = new Manager("http://localhost:1", { transports: ["polling", "websocket"], reconnection: false });
  assert.deepEqual(manager.engine.transports, ["websocket"]);
  manager.engine.close();
});

test("import and require give the same names", async () => {
  const names = ["Manager", "Socket", "connect", "io", "protocol"];
  const required = require("socket.io-client/websocket") as Record<string, unknown>;
  const imported: Record<string, unknown> = await import("socket.io-client/websocket");
  for (const name of names) assert.equal(imported[name], required[name], name);
  assert.deepEqual([Object.keys(required).toSorted(), Object.keys(imported).toSorted()], [names, names]);
});

test("a bundle of it has neither polling, nor WebTransport, nor the upgrade inside", () => {
  const map = readFileSync(new URL("../dist/socket.io.websocket.esm.min.js.map", import.meta.url), "utf8");
  const { sources } = JSON.parse(map) as { sources: string[] };
  const names = sources.map((source) => source.split("/src/")[1]!);
  assert.ok(names.includes("transports/websocket.ts"));
  for (const name of names) assert.doesNotMatch(name, /polling|webtransport|framing|probe|upgrade|cookie/);
});
