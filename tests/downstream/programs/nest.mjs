/**
 * A NestJS application with gateways: the namespace "/", one named by a string, one by a RegExp, and one on a port of its own.
 * Decorators are functions; they are called here as TypeScript's output calls them.
 */
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from "@nestjs/websockets";
import { UseGuards } from "@nestjs/common";
import { from, map } from "rxjs";
import { serve } from "./program.mjs";

const left = [];
const waiting = [];
const note = (entry) => {
  left.push(entry);
  waiting.splice(0).forEach((look) => look());
};

/** @type {(target: Function, method: string, ...decorators: Function[]) => void} */
function decorate(target, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
  for (const decorator of decorators) decorator(target.prototype, method, descriptor);
}

class Guard {
  canActivate(context) {
    return context.switchToWs().getClient().handshake.auth.key === "let me in";
  }
}

class RootGateway {
  afterInit(server) {
    this.initialised = server === this.server;
  }
  handleConnection(socket) {
    socket.emit("welcome", { id: socket.id, initialised: this.initialised });
  }
  handleDisconnect(socket, reason) {
    note({ id: socket.id, reason: reason ?? null });
  }
  /** What is returned is the acknowledgement. */
  sum(numbers) {
    return numbers.reduce((sum, number) => sum + number, 0);
  }
  async later(text) {
    return { event: "answer", data: text.toUpperCase() };
  }
  stream(count) {
    return from(Array.from({ length: count }, (_, i) => i)).pipe(map((i) => ({ event: "part", data: i })));
  }
  byHand(_data, ack) {
    ack("first", Buffer.from([1, 2, 3]));
  }
  size(bytes) {
    return { isBuffer: Buffer.isBuffer(bytes), length: bytes.length };
  }
  refuse() {
    throw new WsException("not like this");
  }
  guarded() {
    return "inside";
  }
  tell(room, socket) {
    socket.join(room);
    this.server.to(room).emit("told", room);
  }
}
WebSocketServer()(RootGateway.prototype, "server");
const body = (method, index = 0) => MessageBody()(RootGateway.prototype, method, index);
for (const method of ["sum", "later", "stream", "byHand", "size", "tell"]) body(method);
Ack()(RootGateway.prototype, "byHand", 1);
ConnectedSocket()(RootGateway.prototype, "tell", 1);
for (const method of ["sum", "later", "stream", "byHand", "size", "refuse", "guarded", "tell"]) {
  decorate(RootGateway, method, SubscribeMessage(method));
}
decorate(RootGateway, "guarded", UseGuards(new Guard()));
WebSocketGateway()(RootGateway);

class NewsGateway {
  handleConnection(socket) {
    socket.emit("where", socket.nsp.name);
  }
  say(text) {
    this.server.emit("said", text);
    return this.server.name;
  }
}
WebSocketServer()(NewsGateway.prototype, "server");
decorate(NewsGateway, "say", SubscribeMessage("say"));
MessageBody()(NewsGateway.prototype, "say", 0);
WebSocketGateway({ namespace: "news" })(NewsGateway);

class TenantGateway {
  handleConnection(socket) {
    socket.emit("where", socket.nsp.name);
  }
  say(text, socket) {
    return `${socket.nsp.name}: ${text}`;
  }
}
decorate(TenantGateway, "say", SubscribeMessage("say"));
MessageBody()(TenantGateway.prototype, "say", 0);
ConnectedSocket()(TenantGateway.prototype, "say", 1);
WebSocketGateway({ namespace: /^\/tenant-\d+$/ })(TenantGateway);

const ownPort = Number(process.env.OWN_PORT);
class OwnPortGateway {
  say(text) {
    return text.length;
  }
}
WebSocketServer()(OwnPortGateway.prototype, "server");
decorate(OwnPortGateway, "say", SubscribeMessage("say"));
MessageBody()(OwnPortGateway.prototype, "say", 0);
WebSocketGateway(ownPort, { path: "/own", transports: ["websocket"] })(OwnPortGateway);

/** What all namespaces of a port share is set here, as NestJS documents it. */
class CorsAdapter extends IoAdapter {
  createIOServer(port, options) {
    return super.createIOServer(port, { ...options, cors: { origin: "http://app.example", credentials: true } });
  }
}

// eslint-disable-next-line typescript/no-extraneous-class -- a module of NestJS is a class that its decorator describes
class Application {}
Module({ providers: [RootGateway, NewsGateway, TenantGateway, OwnPortGateway] })(Application);

const app = await NestFactory.create(Application, { logger: ["error"] });
app.useWebSocketAdapter(new CorsAdapter(app));
await app.listen(0, "127.0.0.1");

serve(
  ["@nestjs/platform-socket.io"],
  {
    /** Resolves with why this socket left. */
    reason: (id) =>
      new Promise((resolve) => {
        const look = () => {
          const entry = left.find((one) => one.id === id);
          if (entry === undefined) waiting.push(look);
          else resolve(entry.reason);
        };
        look();
      }),
    /** Its callback is awaited by NestJS: an end that never comes would hang here. */
    close: async () => {
      await app.close();
      return { listening: app.getHttpServer().listening, namespaceClose: typeof app.get(NewsGateway).server.close };
    },
  },
  { port: app.getHttpServer().address().port },
);
