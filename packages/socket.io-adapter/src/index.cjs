"use strict";

Object.defineProperty(exports, "__esModule", { value: true });

const { Adapter } = require("./memory.js");

exports.Adapter = Adapter;
// Three quarters of the package, and most servers need none of it: loaded when somebody first asks. `import` finds the names here.
exports.ClusterAdapter = undefined;
exports.ClusterAdapterWithHeartbeat = undefined;
exports.MessageType = undefined;
exports.SessionAwareAdapter = undefined;

const LATE = ["ClusterAdapter", "ClusterAdapterWithHeartbeat", "MessageType", "SessionAwareAdapter"];

for (const name of LATE) Object.defineProperty(exports, name, { get: () => load()[name] });

/** From then on they are values: adapters read them for each message. */
function load() {
  const all = require("./package.js");
  for (const name of LATE) Object.defineProperty(exports, name, { value: all[name], writable: true });
  return all;
}
