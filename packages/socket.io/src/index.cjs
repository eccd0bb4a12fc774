"use strict";

const { Server } = require("./server.js");
const { Namespace } = require("./namespace.js");
const { Socket } = require("./socket.js");

// `require("socket.io")(httpServer, options)` has worked since the first version.
module.exports = (srv, opts) => new Server(srv, opts);
module.exports.Server = Server;
module.exports.Namespace = Namespace;
module.exports.Socket = Socket;
