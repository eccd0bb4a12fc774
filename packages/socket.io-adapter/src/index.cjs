"use strict";

Object.defineProperty(exports, "__esModule", { value: true });

const { Adapter } = require("./memory.js");

exports.Adapter = Adapter;
// Three quarters of the package, and most servers need none of it: loaded when somebody asks. `import` finds the names here.
exports.ClusterAdapter = undefined;
exports.ClusterAdapterWithHeartbeat = undefined;
exports.MessageType = undefined;
exports.SessionAwareAdapter = undefined;
for (const name of ["ClusterAdapter", "ClusterAdapterWithHeartbeat", "MessageType", "SessionAwareAdapter"]) {
  Object.defineProperty(exports, name, { get: () => require("./package.js")[name] });
}
