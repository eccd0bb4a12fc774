"use strict";

/* An application that leaves the clients of Redis to the adapter, in one of the ways there are; it ends by itself. */
const { Server } = require("socket.io");
const redis = require("socket.io-redis");

const port = Number(process.argv[3]);
const FORMS = {
  call: () => redis({ host: "127.0.0.1", port }),
  "call with a uri": () => redis(`redis://127.0.0.1:${port}`),
  "call with host and port": () => redis(`127.0.0.1:${port}`, { key: "socket.io" }),
  uri: () => redis.createAdapter(`redis://127.0.0.1:${port}`),
  options: () => redis.createAdapter({ url: `redis://127.0.0.1:${port}`, db: "1", retry_strategy: () => 10 }),
  given: () => {
    const client = { publish() {}, on() {}, psubscribe() {}, subscribe() {} };
    return redis.createAdapter({ pubClient: client, subClient: client });
  },
};

const loaded = () => Object.keys(require.cache).some((file) => file.includes(`node_modules/ioredis/`));
const before = loaded();
const adapter = FORMS[process.argv[2]]();
const made = loaded();
if (process.argv[2] === "given") {
  process.send({ before, made });
} else {
  const io = new Server(0, { adapter });
  io.of("/other");
  void Promise.all([io.of("/").adapter.init(), io.of("/other").adapter.init()])
    .then(() => io.of("/").adapter.serverCount())
    // Only then: the end of the subscriptions could overtake the question, on another connection.
    .then((count) => io.close().then(() => process.send({ before, made, count })));
}
