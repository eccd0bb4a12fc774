"use strict";

const { Server } = require("./package.js");
const { Namespace } = require("./namespace.js");
const { Socket } = require("./socket.js");
// All is in one file, but tracing tools know classes by their files, and patch them as these are loaded.
// oxlint-disable-next-line import/no-unassigned-import -- for them alone
require("./broadcast-operator.js");

// `require("socket.io")(httpServer, options)` has worked since the first version.
module.exports = (srv, opts) => new Server(srv, opts);
module.exports.Server = Server;
module.exports.Namespace = Namespace;
module.exports.Socket = Socket;
