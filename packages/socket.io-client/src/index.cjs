"use strict";

// Row C-1: the module is the function `io`, with four names that show. The others are there for `import { XHR } from …` in Node,
// whose module is a thin one over this.
const engine = require("engine.io-client");
const { io } = require("./io.js");
const { Manager } = require("./manager.js");
const { Socket } = require("./socket.js");
const { protocol } = require("socket.io-parser");

// Gone with the next line (C-1 has no `default`). The types have one, and those who check packages read the text.
exports.default = io;
module.exports = Object.assign(io, { Manager, Socket, io, connect: io });

const { Fetch, NodeWebSocket, NodeXHR, WebSocket, WebTransport, XHR } = engine;
const hidden = { protocol, Fetch, NodeWebSocket, NodeXHR, WebSocket, WebTransport, XHR };
for (const [name, value] of Object.entries(hidden)) {
  Object.defineProperty(module.exports, name, { value, configurable: true, writable: true });
}
