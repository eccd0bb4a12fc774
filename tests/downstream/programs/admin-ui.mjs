/** A server under @socket.io/admin-ui, which also serves its page. Its clock of two seconds ticks when the test says so. */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { Server } from "socket.io";
import { serve } from "./program.mjs";

const require = createRequire(import.meta.url);
const { instrument } = require("@socket.io/admin-ui");
const bcrypt = require("bcryptjs");

const { readonly, mode, pingInterval, password } = JSON.parse(process.env.SETTINGS);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png" };
const page = join(import.meta.dirname, "../node_modules/@socket.io/admin-ui/ui/dist");

const http = createServer((request, response) => {
  const path = normalize(join(page, request.url === "/" ? "index.html" : request.url));
  try {
    if (!path.startsWith(page + sep)) throw new Error("outside");
    const content = readFileSync(path);
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});
const io = new Server(http, { pingInterval });

const firstEnd = new Promise((resolve) => {
  io.engine.on("connection", (raw) => raw.once("close", () => resolve()));
});
const ticks = [];
const { setInterval } = globalThis;
globalThis.setInterval = (callback, delay, ...args) => {
  if (delay !== 2000) return setInterval(callback, delay, ...args);
  ticks.push(callback);
  return { unref() {} };
};
instrument(io, {
  auth: password === undefined ? false : { type: "basic", username: "admin", password: bcrypt.hashSync(password, 4) },
  serverId: "srv1",
  mode,
  readonly,
});
globalThis.setInterval = setInterval;

io.on("connection", (socket) => {
  void socket.join("r1");
  socket.data.foo = "bar";
  socket.emit("out", 1);
});
http.listen(0, "127.0.0.1", () =>
  serve(
    ["@socket.io/admin-ui"],
    {
      tick: () => {
        ticks.forEach((tick) => tick());
        return ticks.length;
      },
      firstEnd: () => firstEnd,
      rooms: (id) => [...(io.sockets.sockets.get(id)?.rooms ?? [])],
    },
    { port: http.address().port },
  ),
);
