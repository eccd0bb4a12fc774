"use strict";

const { RESERVED_EVENTS } = require("socket.io-parser/events");
const { createAdapter, createSessionBus, createShardedAdapter, createStreamsAdapter } = require("./create.js");
const { Emitter } = require("./emitter/emitter.js");
const { BroadcastOperator } = require("./emitter/operator.js");
const { StreamsEmitter } = require("./emitter/streams-emitter.js");
const { RedisAdapter } = require("./pubsub/adapter.js");

// `require("socket.io-redis")({ host, port })` has worked since the first version.
module.exports = createAdapter;
module.exports.createAdapter = createAdapter;
module.exports.createSessionBus = createSessionBus;
module.exports.createShardedAdapter = createShardedAdapter;
module.exports.createStreamsAdapter = createStreamsAdapter;
module.exports.RedisAdapter = RedisAdapter;
module.exports.Emitter = Emitter;
module.exports.StreamsEmitter = StreamsEmitter;
module.exports.BroadcastOperator = BroadcastOperator;
module.exports.RESERVED_EVENTS = RESERVED_EVENTS;
