import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test, { afterEach } from "node:test";
import { io, Manager, type ManagerOptions, type SocketOptions } from "socket.io-client";
import { Decoder, Encoder } from "socket.io-parser";
import { settingsOf } from "../../../tests/support/manager-settings.ts";

const require = createRequire(import.meta.url);
const global = globalThis as { location?: unknown };
afterEach(() => delete global.location);

/** Without connecting. */
function lookup(uri?: string, options: Partial<ManagerOptions> = {}) {
  return io(uri, { autoConnect: false, ...options });
}

function page(protocol: string, host: string): void {
  global.location = { protocol, host };
}

/** Where the Manager of that URL would connect to. */
function target(uri?: string): unknown {
  return (lookup(uri, { forceNew: true }).io as unknown as { uri: unknown }).uri;
}

test("required, the module is the function io with four names that show", () => {
  const cjs = require("socket.io-client");
  assert.equal(typeof cjs, "function");
  assert.deepEqual(Object.keys(cjs), ["Manager", "Socket", "io", "connect"]);
  assert.equal(cjs.io, cjs);
  assert.equal(cjs.connect, cjs);
  assert.equal("default" in cjs || "__esModule" in cjs, false);
});

test("import and require give the same classes", async () => {
  const esm: Record<string, unknown> = await import("socket.io-client");
  const cjs = require("socket.io-client");
  assert.deepEqual(Object.keys(esm).toSorted(), [
    ...["Fetch", "Manager", "NodeWebSocket", "NodeXHR", "Socket", "WebSocket", "WebTransport", "XHR"],
    ...["connect", "default", "io", "protocol"],
  ]);
  for (const name of Object.keys(esm)) assert.equal(esm[name], name === "default" ? cjs : cjs[name], name);
  assert.equal(esm["protocol"], 5);
});

test("the debug entry has the same names and classes", async () => {
  const main: Record<string, unknown> = await import("socket.io-client");
  const debug: Record<string, unknown> = await import("socket.io-client/debug");
  assert.deepEqual({ ...debug }, { ...main });
});

test("io() takes no argument, options, a URL, or both", () => {
  const options = { autoConnect: false, forceNew: true };
  page("http:", "page");
  assert.equal(io(options).nsp, "/");
  assert.equal(io("http://h/a", options).nsp, "/a");
  assert.equal(io(undefined, options).nsp, "/");
});

test("the page gives what the URL leaves out", () => {
  page("https:", "page:8080");
  assert.equal(target(), "https://page:8080");
  assert.equal(target("/admin"), "https://page:8080/admin");
  assert.equal(target("//other/admin"), "https://other/admin");
  assert.equal(target("other:3000/admin"), "https://other:3000/admin");
  for (const uri of ["http://h", "https://h", "ws://h", "wss://h"]) assert.equal(target(uri), uri);
});

test("without a page a URL without scheme or host means http and localhost", () => {
  assert.equal(target(), "http://localhost");
  assert.equal(target("/admin"), "http://localhost/admin");
  assert.equal(target("h:3000/admin"), "http://h:3000/admin");
});

test("the path of the URL is the namespace, as it is written, without query and hash", () => {
  const namespaces = {
    "http://h": "/",
    "http://h/": "/",
    "http://h/admin?x=1#y": "/admin",
    "http://h/a//b/../c.d": "/a//b/../c.d",
    "http://user:secret@h/ä b": "/ä b",
    "http://[::1]:3000/six": "/six",
  };
  for (const [uri, namespace] of Object.entries(namespaces)) {
    assert.equal(lookup(uri, { forceNew: true }).nsp, namespace, uri);
  }
});

test("a URL of more than 8000 characters is refused with a string", () => {
  assert.throws(
    () => lookup(`http://h/${"x".repeat(8000)}`),
    (error) => error === "URI too long",
  );
});

test("namespaces of the same server share a Manager", () => {
  const main = lookup("http://share");
  assert.equal(lookup("http://share/admin").io, main.io);
  assert.equal(lookup("http://share:80/port").io, main.io);
  assert.equal(lookup("http://user:secret@share/auth").io, main.io);
});

test("protocol, host, port and path option tell Managers apart", () => {
  const { io: manager } = lookup("http://apart:3000/a");
  const others = [
    lookup("ws://apart:3000/b"),
    lookup("http://apart:3001/c"),
    lookup("http://APART:3000/d"),
    lookup("http://apart:3000/e", { path: "/elsewhere" }),
  ];
  assert.equal(new Set([manager, ...others.map((socket) => socket.io)]).size, 5);
});

test("the port of ws is 80, that of wss 443", () => {
  for (const scheme of ["ws", "http"]) {
    const { io } = lookup(`${scheme}://ports`);
    assert.equal(lookup(`${scheme}://ports:80/same`).io, io);
    assert.notEqual(lookup(`${scheme}://ports:443/other`).io, io);
  }
  for (const scheme of ["wss", "https"]) {
    const { io } = lookup(`${scheme}://ports`);
    assert.equal(lookup(`${scheme}://ports:443/same`).io, io);
    assert.notEqual(lookup(`${scheme}://ports:80/other`).io, io);
  }
});

test("hosts in brackets share a Manager too", () => {
  assert.equal(lookup("http://[::1]/a").io, lookup("http://[::1]:80/b").io);
});

test("a namespace that is in use, even a disconnected one, gets a Manager of its own that nobody shares", () => {
  const first = lookup("http://taken/a");
  const second = lookup("http://taken/a");
  const third = lookup("http://taken/b");
  assert.notEqual(second.io, first.io);
  assert.equal(third.io, first.io);
});

test("forceNew, its old name and multiplex: false give a Manager of its own that nobody shares", () => {
  for (const alone of [{ forceNew: true }, { "force new connection": true }, { multiplex: false }]) {
    const name = `http://alone-${Object.keys(alone)[0]!.replaceAll(" ", "-")}`;
    const first = lookup(`${name}/a`);
    const second = lookup(`${name}/b`, alone);
    const third = lookup(`${name}/c`);
    assert.notEqual(second.io, first.io);
    assert.equal(third.io, first.io);
  }
});

test("later calls for a shared Manager bring socket options alone", () => {
  const first = lookup("http://later/a", { reconnectionDelay: 7 });
  const options = { autoConnect: false, reconnectionDelay: 8, auth: { token: 1 }, retries: 3, ackTimeout: 5 };
  const second = io("http://later/b", options);
  assert.equal(second.io, first.io);
  assert.equal(second.io.reconnectionDelay(), 7);
  assert.deepEqual([second.auth, second._opts.retries, second._opts.ackTimeout], [{ token: 1 }, 3, 5]);
});

test("the caller's options are left as they are, and the Manager's may be changed", () => {
  const options = Object.freeze({ autoConnect: false, forceNew: true, query: { a: "1" } });
  const first = io("http://frozen/x?b=2", options);
  const second = new Manager("http://frozen", options);
  for (const manager of [first.io, second]) {
    manager.opts.query = { c: "3" };
    manager.opts.transports = ["websocket"];
  }
  assert.deepEqual(options, { autoConnect: false, forceNew: true, query: { a: "1" } });
});

test("options that are inherited, or getters of a class, count like any others", () => {
  const parser = { Encoder, Decoder: class extends Decoder {} };
  const values: Partial<ManagerOptions & SocketOptions> = {
    path: "/there/",
    transports: ["websocket"],
    reconnection: false,
    reconnectionAttempts: 3,
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    randomizationFactor: 0.25,
    timeout: 30,
    parser,
    autoConnect: false,
    auth: { token: "secret" },
  };
  // As of the prototype of a class: they are not enumerable.
  const getters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { get: () => value }]));
  const prototype = Object.defineProperties({}, getters) as typeof values;
  for (const options of [
    values,
    prototype,
    ...[values, prototype].map((given) => Object.create(given) as typeof given),
  ]) {
    const socket = io("http://localhost", options);
    assert.equal(socket.io.engine, undefined, "it was told not to connect");
    assert.equal(socket.io.opts.path, "/there/");
    assert.deepEqual(socket.io.opts.transports, ["websocket"]);
    assert.deepEqual(settingsOf(socket.io), [false, 3, 10, 20, 0.25, 30]);
    assert.ok(socket.io.decoder instanceof parser.Decoder);
    assert.deepEqual(socket.auth, { token: "secret" });
  }
});
