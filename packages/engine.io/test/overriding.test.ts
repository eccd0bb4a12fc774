import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { Server, Transport, type ErrorCallback, type ServerOptions } from "engine.io";
import { listening } from "../../../tests/support/listening.ts";
import { http, RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { PATH, POLLING } from "./support.ts";

type Request = IncomingMessage & { _query: Record<string, string> };

/** Writes down which of the members that subclasses may override were called (row E-20). */
class Logging extends Server {
  // Not a field: the constructor of the base class calls `init`.
  declare log: string[];

  private note(entry: string): void {
    (this.log ??= []).push(entry);
  }
  override upgrades(transport: string) {
    this.note(`upgrades ${transport}`);
    return super.upgrades(transport);
  }
  protected override init(): void {
    this.note("init");
    super.init();
  }
  protected override cleanup(): void {
    this.note("cleanup");
    super.cleanup();
  }
  protected override prepare(req: IncomingMessage): asserts req is Request {
    this.note("prepare");
    super.prepare(req);
  }
  protected override _applyMiddlewares(req: Request, res: unknown, done: (error?: unknown) => void): void {
    this.note("_applyMiddlewares");
    super._applyMiddlewares(req, res, done);
  }
  protected override verify(req: Request, isUpgrade: boolean, done: ErrorCallback): void {
    this.note(`verify ${isUpgrade ? "an upgrade" : "a request"}`);
    super.verify(req, isUpgrade, done);
  }
  protected override createTransport(name: string, req: Request): Transport {
    this.note(`createTransport ${name}`);
    return super.createTransport(name, req);
  }
  protected override async handshake(
    name: string,
    req: Request,
    refuse: ErrorCallback,
  ): Promise<Transport | undefined> {
    this.note(`handshake ${name}`);
    const transport = await super.handshake(name, req, refuse);
    this.note(`began over ${transport?.name}`);
    this.emit("began");
    return transport;
  }
  protected override _computePath(options: object): string {
    this.note("_computePath");
    return super._computePath(options);
  }
}

async function serve<Engine extends Server>(
  t: TestContext,
  Class: new (options?: ServerOptions) => Engine,
  options?: ServerOptions,
): Promise<[Engine, number]> {
  const engine = new Class(options);
  const server = createServer();
  engine.attach(server);
  const port = await listening(t, server);
  t.after(() => engine.close());
  return [engine, port];
}

describe("what subclasses override is what the engine calls", () => {
  test("around a polling session and its upgrade", async (t) => {
    const [engine, port] = await serve(t, Logging);
    assert.deepEqual(engine.log.splice(0), ["init", "cleanup", "_computePath", "init", "cleanup"]);
    const began = once(engine, "began");
    const peer = new RawPolling(port, PATH);
    await peer.handshake();
    await began;
    assert.deepEqual(engine.log.splice(0), [
      "prepare",
      "_applyMiddlewares",
      "verify a request",
      "handshake polling",
      "createTransport polling",
      "upgrades polling",
      "began over polling",
    ]);
    const socket = engine.clients[peer.sid]!;
    const upgrading = once(socket, "upgrading");
    const candidate = await new RawWebSocket(port, `&sid=${peer.sid}`, PATH).opened();
    candidate.send("2probe");
    await upgrading;
    assert.deepEqual(engine.log.splice(0), [
      "prepare",
      "_applyMiddlewares",
      "verify an upgrade",
      "createTransport websocket",
    ]);
    candidate.close();
    engine.close();
    assert.deepEqual(engine.log, ["cleanup"]);
  });

  test("around a WebSocket session", async (t) => {
    const [engine, port] = await serve(t, Logging);
    engine.log.length = 0;
    const began = once(engine, "began");
    const peer = new RawWebSocket(port, "", PATH);
    await began;
    assert.deepEqual(engine.log, [
      "prepare",
      "_applyMiddlewares",
      "verify an upgrade",
      "handshake websocket",
      "createTransport websocket",
      "upgrades websocket",
      "began over websocket",
    ]);
    peer.close();
  });

  test("a handshake that is refused gives no transport", async (t) => {
    const [engine, port] = await serve(t, Logging);
    engine.generateId = () => {
      throw new Error("no");
    };
    const refusals: unknown[] = [];
    engine.on("connection_error", ({ context }) => refusals.push(context.name));
    const began = once(engine, "began");
    const { status } = await http(port, "GET", POLLING);
    await began;
    assert.deepEqual([status, refusals], [400, ["ID_GENERATION_ERROR"]]);
    assert.equal(engine.log.at(-1), "began over undefined");
  });

  test("verify may look elsewhere, and a session that it knows alone is unknown here", async (t) => {
    class Elsewhere extends Server {
      protected override verify(_req: Request, _isUpgrade: boolean, done: ErrorCallback): void {
        setImmediate(done);
      }
    }
    const [, port] = await serve(t, Elsewhere);
    const { status, body } = await http(port, "GET", `${POLLING}&sid=elsewhere`);
    assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
  });

  test("a transport that can't be made is code 3", async (t) => {
    const error = new Error("no");
    class Without extends Server {
      protected override createTransport(): Transport {
        throw error;
      }
    }
    const [engine, port] = await serve(t, Without);
    const contexts: unknown[] = [];
    engine.on("connection_error", ({ code, context }) => contexts.push([code, context]));
    const { status, body } = await http(port, "GET", POLLING);
    assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
    assert.deepEqual(await new RawWebSocket(port, "", PATH).receive(1), ["closed 1005"]);
    const expected = [3, { name: "TRANSPORT_HANDSHAKE_ERROR", error }];
    assert.deepEqual(contexts, [expected, expected]);
    assert.equal(engine.clientsCount, 0);
  });
});

/** A transport of somebody else's, written against the base class as upstream has it: it tells by events. */
class Loopback extends Transport {
  writable = false;
  readonly sent: unknown[] = [];
  get name(): "websocket" {
    return "websocket";
  }
  open(): void {
    this.writable = true;
    this.emit("ready");
  }
  send(packets: readonly unknown[]): void {
    this.writable = false;
    this.sent.push(...packets);
    queueMicrotask(() => {
      this.emit("drain");
      this.open();
    });
  }
  hear(data: string): void {
    this.onData(data);
  }
  fails(): void {
    this.onError("broken", new Error("cause"));
  }
  override doClose(done: () => void): void {
    done();
    this.onClose();
  }
}

describe("a transport of somebody else's", () => {
  async function session(t: TestContext) {
    const made: Loopback[] = [];
    class WithLoopback extends Server {
      protected override createTransport(_name: string, req: Request): Transport {
        made.push(new Loopback(req));
        return made[0]!;
      }
    }
    const [engine, port] = await serve(t, WithLoopback);
    const connected = once(engine, "connection");
    const peer = new RawWebSocket(port, "", PATH);
    t.after(() => peer.terminate());
    const [socket] = await connected;
    return { socket, transport: made[0]! };
  }

  test("carries a session in both directions", async (t) => {
    const { socket, transport } = await session(t);
    const messages: unknown[] = [];
    socket.on("message", (data: unknown) => messages.push(data));
    transport.open();
    socket.send("a");
    await new Promise<void>((resolve) => socket.send("b", () => resolve()));
    const types = transport.sent.map((packet) => (packet as { type: string; data: string }).type);
    assert.deepEqual(types, ["open", "message", "message"]);
    transport.hear("4hi");
    assert.deepEqual(messages, ["hi"]);
  });

  test("ends its session by an error, and is closed with it", async (t) => {
    const { socket, transport } = await session(t);
    const closed = once(socket, "close");
    transport.fails();
    const [reason, description] = await closed;
    assert.deepEqual([reason, description.message], ["transport error", "broken"]);
    const other = await session(t);
    other.transport.open();
    const forced = once(other.socket, "close");
    other.socket.close();
    assert.deepEqual((await forced)[0], "forced close");
    assert.equal(other.transport.readyState, "closed");
  });
});
