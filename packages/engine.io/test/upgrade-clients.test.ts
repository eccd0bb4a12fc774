/** Upgrades under load by real clients, ours and upstream's, over networks that behave and that do not. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Socket, Transport } from "engine.io";
import { FaultyProxy } from "../../../tests/support/faulty-proxy.ts";
import { until } from "../../../tests/support/until.ts";
import { serve, type Served } from "./support.ts";

/** What is used of a client, ours or upstream's. */
interface ClientSocket {
  readonly transport: { readonly name: string };
  on(name: string, listener: (...args: never[]) => void): unknown;
  send(data: string | Buffer): unknown;
  close(): unknown;
}

type Library = { readonly Socket: new (url: string, options?: object) => ClientSocket };

const CLIENTS: Record<string, Library> = {
  ours: createRequire(import.meta.url)("engine.io-client") as Library,
  "upstream's": createRequire(new URL("../../../peers/package.json", import.meta.url))("engine.io-client") as Library,
};

/** How many messages go up after the upgrade, or after it has failed. */
const AFTERWARDS = 100;

/**
 * A conversation that keeps itself going: the server answers each numbered message with two of its own, every third one in bytes, and the
 * client answers every second one of these with its next.
 */
class Conversation {
  static async open(t: TestContext, client: Library, options: object = {}): Promise<Conversation> {
    const served = await serve(t, options);
    const proxy = await FaultyProxy.start(served.port);
    t.after(() => proxy.close());
    return new Conversation(t, served, proxy, client);
  }

  readonly served: Served;
  readonly proxy: FaultyProxy;
  readonly up: string[] = [];
  readonly down: string[] = [];
  readonly socket: Promise<Socket>;
  readonly client: ClientSocket;
  #sentUp = 0;
  #sentDown = 0;
  #end = Infinity;

  private constructor(t: TestContext, served: Served, proxy: FaultyProxy, { Socket }: Library) {
    this.served = served;
    this.proxy = proxy;
    this.socket = served.connection();
    this.client = new Socket(`http://127.0.0.1:${proxy.port}`);
    t.after(() => this.client.close());
    this.client.on("open", () => {
      for (let count = 0; count < 5; count++) this.#sendUp();
    });
    this.client.on("message", (data: string | Buffer) => {
      this.down.push(data.toString());
      if (this.down.length % 2 === 0 && this.#sentUp < this.#end) this.#sendUp();
    });
    void this.socket.then((socket) => this.#serve(socket));
  }

  /** Ends it some messages from now, when all have arrived. */
  async finish(): Promise<void> {
    this.#end = this.#sentUp + AFTERWARDS;
    await until(() => this.up.length >= this.#end && this.down.length >= 2 * this.#end);
    const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));
    assert.deepEqual(this.up, numbers(this.#end));
    assert.deepEqual(this.down, numbers(2 * this.#end));
  }

  #serve(socket: Socket): void {
    socket.on("message", (data: string | Buffer) => {
      this.up.push(data.toString());
      for (let count = 0; count < 2; count++) socket.send(numbered(this.#sentDown++));
    });
  }

  #sendUp(): void {
    this.client.send(numbered(this.#sentUp++));
  }
}

/** Every third one in bytes. */
function numbered(number: number): string | Buffer {
  return number % 3 === 0 ? Buffer.from(String(number)) : String(number);
}

function upgraded(socket: Socket, event: "upgrading" | "upgrade" = "upgrade"): Promise<Transport> {
  return new Promise((resolve) => socket.once(event, resolve));
}

for (const [maker, client] of Object.entries(CLIENTS)) {
  describe(`an upgrade under load, ${maker} client`, () => {
    test("loses and reorders nothing", { timeout: 30_000 }, async (t) => {
      const conversation = await Conversation.open(t, client);
      await upgraded(await conversation.socket);
      await conversation.finish();
      assert.equal(conversation.client.transport.name, "websocket");
    });

    test("loses and reorders nothing if all bytes come in small pieces", { timeout: 30_000 }, async (t) => {
      const conversation = await Conversation.open(t, client);
      conversation.proxy.split(5);
      await upgraded(await conversation.socket);
      await conversation.finish();
      assert.equal(conversation.client.transport.name, "websocket");
    });

    test("loses and reorders nothing if the network stands still after the probe", { timeout: 30_000 }, async (t) => {
      const conversation = await Conversation.open(t, client);
      const { proxy } = conversation;
      const socket = await conversation.socket;
      const upgrade = upgraded(socket);
      await upgraded(socket, "upgrading");
      proxy.hold();
      // Each side goes on sending into the silence.
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      proxy.forward();
      await upgrade;
      await conversation.finish();
      assert.equal(conversation.client.transport.name, "websocket");
    });

    test("that fails before the probe leaves the session on polling, nothing lost", { timeout: 30_000 }, async (t) => {
      const conversation = await Conversation.open(t, client);
      const refused = new Promise<void>((resolve) => {
        conversation.served.http.prependListener("upgrade", (_req, connection: Duplex) => {
          connection.destroy();
          resolve();
        });
      });
      await refused;
      await conversation.finish();
      assert.equal(conversation.client.transport.name, "polling");
      assert.equal((await conversation.socket).transport.name, "polling");
    });

    test(
      "that comes after the time the server gives it leaves the session on polling",
      { timeout: 30_000 },
      async (t) => {
        const conversation = await Conversation.open(t, client, { upgradeTimeout: 1 });
        const socket = await conversation.socket;
        const gaveUp = new Promise<void>((resolve) => {
          conversation.client.on("upgradeError", () => resolve());
        });
        conversation.served.http.once("upgrade", () => conversation.proxy.hold());
        await until(() => socket.upgrading);
        await until(() => !socket.upgrading);
        conversation.proxy.forward();
        await gaveUp;
        await conversation.finish();
        assert.equal(socket.transport.name, "polling");
      },
    );

    test("keeps the heartbeat going", { timeout: 30_000 }, async (t) => {
      const conversation = await Conversation.open(t, client, { pingInterval: 30, pingTimeout: 10_000 });
      const socket = await conversation.socket;
      await upgraded(socket);
      let heartbeats = 0;
      const three = new Promise<void>((resolve) => {
        socket.on("heartbeat", () => {
          if (++heartbeats === 3) resolve();
        });
      });
      await conversation.finish();
      await three;
      assert.equal(socket.readyState, "open");
    });
  });
}

// Upstream's client does not poll on then, not from upstream's server either: its polling transport stays paused.
test(
  "an upgrade of our client whose connection is cut when the probe has arrived leaves the session on polling, nothing lost",
  { timeout: 10_000 },
  async (t) => {
    const conversation = await Conversation.open(t, CLIENTS["ours"]!);
    const connection = new Promise<Duplex>((resolve) => {
      conversation.served.http.once("upgrade", (_req, socket: Duplex) => resolve(socket));
    });
    const socket = await conversation.socket;
    await upgraded(socket, "upgrading");
    (await connection).destroy();
    await conversation.finish();
    assert.equal(socket.transport.name, "polling");
  },
);
