"use strict";

const { createAdapter, createShardedAdapter, createStreamsAdapter } = require("./create.js");
const { Emitter } = require("./emitter.js");
const { RedisAdapter } = require("./pubsub/adapter.js");

// `require("socket.io-redis")({ host, port })` has worked since the first version.
module.exports = createAdapter;
module.exports.createAdapter = createAdapter;
module.exports.createShardedAdapter = createShardedAdapter;
module.exports.createStreamsAdapter = createStreamsAdapter;
module.exports.RedisAdapter = RedisAdapter;
module.exports.Emitter = Emitter;
