/** A Feathers application on our server: one service, a channel, and data that a middleware puts beside each call. */
import { feathers } from "@feathersjs/feathers";
import { createRequire } from "node:module";
import { serve } from "./program.mjs";

// The package is CommonJS whose module is the function.
const socketio = createRequire(import.meta.url)("@feathersjs/socketio");

class Messages {
  all = [];
  async find({ query }) {
    return query.text === undefined ? this.all : this.all.filter(({ text }) => text === query.text);
  }
  async get(id, { provider, visitor, headers }) {
    if (id === "me") return { id, provider, visitor, agent: headers["x-visitor"] };
    if (id === "never") return new Promise(() => {});
    const found = this.all[id];
    if (found === undefined) throw Object.assign(new Error(`no message ${id}`), { name: "NotFound", code: 404 });
    return found;
  }
  async create(data, { visitor }) {
    const message = { id: this.all.length, ...data, by: visitor };
    this.all.push(message);
    return message;
  }
}

const app = feathers();
const left = [];
const waiting = [];
app.configure(
  socketio({ cors: { origin: "*" } }, (io) => {
    io.use((socket, next) => {
      // Free properties of a socket: what stands here goes into the parameters of each call.
      socket.feathers.visitor = socket.handshake.auth.name ?? "nobody";
      next();
    });
  }),
);
app.use("messages", new Messages(), { methods: ["find", "get", "create"], events: ["shouted"] });
app.on("connection", (connection) => app.channel("everybody").join(connection));
app.on("disconnect", (connection) => {
  left.push(connection.visitor);
  waiting.splice(0).forEach((look) => look());
});
app.service("messages").publish(() => app.channel("everybody"));
const server = await app.listen(0, "127.0.0.1");
if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));

serve(
  ["@feathersjs/socketio"],
  {
    left: (name) =>
      new Promise((resolve) => {
        const look = () => (left.includes(name) ? resolve(app.channel("everybody").length) : waiting.push(look));
        look();
      }),
    shout: (text) => void app.service("messages").emit("shouted", { text }),
    limits: () => app.io.sockets.getMaxListeners(),
    close: () =>
      new Promise((resolve) => {
        app.io.close(() => resolve(server.listening));
      }),
  },
  { port: server.address().port },
);
