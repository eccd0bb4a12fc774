/** Two of our servers behind a real nginx and a real HAProxy, with the configuration files that the documentation shows. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { io as connect, type Socket } from "socket.io-client";
import { browserTest } from "../browser/support/chromium.ts";
import { PROXY_NAMES, startProxy, withoutProxy, type Proxy } from "../support/proxies/proxy.ts";

const OUR_SERVER = new URL("../../packages/socket.io/wrapper.mjs", import.meta.url).href;
const SERVER = fileURLToPath(new URL("server.mjs", import.meta.url));
const BYTES = Uint8Array.from({ length: 300 }, (_, at) => at % 256);
const WAYS = {
  polling: { transports: ["polling"], carrier: "polling" },
  "polling, then websocket": { transports: ["polling", "websocket"], carrier: "websocket" },
  websocket: { transports: ["websocket"], carrier: "websocket" },
} as const;
type Name = "a" | "b";
const other = (name: Name): Name => (name === "a" ? "b" : "a");

for (const kind of PROXY_NAMES) {
  describe(`behind ${kind}`, { skip: withoutProxy(kind), timeout: 120_000 }, () => {
    let proxy: Proxy;
    const servers = new Map<Name, ChildProcess>();
    const start = async (name: Name): Promise<void> => {
      const port = proxy.servers[name === "a" ? 0 : 1];
      const server = fork(SERVER, [String(port), name], { execArgv: [] });
      const [{ runs }] = (await once(server, "message")) as [{ runs: string }];
      assert.equal(runs, OUR_SERVER);
      servers.set(name, server);
    };
    const kill = async (name: Name): Promise<void> => {
      const server = servers.get(name)!;
      servers.delete(name);
      server.kill("SIGKILL");
      await once(server, "exit");
    };
    const open = (t: TestContext, options: object): Socket => {
      const socket = connect(`http://127.0.0.1:${proxy.port}`, {
        forceNew: true,
        reconnectionDelay: 20,
        reconnectionDelayMax: 200,
        ...options,
      });
      t.after(() => socket.disconnect());
      return socket;
    };

    before(async () => {
      proxy = await startProxy(kind);
      await Promise.all([start("a"), start("b")]);
    });
    after(async () => {
      await Promise.all([...servers.keys()].map(kill));
      await proxy.stop();
    });
    // Those that a test has ended and not started again.
    afterEach(async () => {
      for (const name of ["a", "b"] as const) if (!servers.has(name)) await start(name);
    });

    for (const [way, { transports, carrier }] of Object.entries(WAYS)) {
      test(`${way}: a session stays with its server, and comes back through the other when that ends, each time`, async (t) => {
        const socket = open(t, { transports, withCredentials: true });
        const ends: string[] = [];
        socket.on("disconnect", (reason) => ends.push(reason));
        let at = await settle(socket, carrier);
        for (let turn = 0; turn < 2; turn++) {
          const back = once(socket as never, "connect");
          await kill(at);
          await back;
          const next = await settle(socket, carrier);
          assert.equal(next, other(at), "who answers after the end of a server");
          await start(at);
          at = next;
        }
        assert.equal(ends.length, 2, ends.join());
      });
    }

    test("without the cookie, requests of one session reach both servers, and polling ends", async (t) => {
      const socket = open(t, { transports: ["polling"], reconnection: false });
      // Each turn is a request of its own, of which sooner or later one meets the other server.
      const ask = (): void => void socket.emit("who", BYTES, ask);
      ask();
      await new Promise((resolve) => {
        socket.on("connect_error", resolve);
        socket.on("disconnect", resolve);
      });
      assert.equal(socket.connected, false);
    });

    browserTest(
      `Chromium keeps the cookie of ${kind} by itself, polls and upgrades, and comes back when its server ends`,
      async ({ open: openPage }) => {
        const page = await openPage(`http://127.0.0.1:${proxy.port}/socket.io/socket.io.esm.min.js`);
        await page.evaluate(async () => {
          const { io } = (await import(location.href)) as typeof import("socket.io-client");
          const socket = io({ reconnectionDelay: 20, reconnectionDelayMax: 200 });
          Object.assign(globalThis, {
            who: async () => {
              const { engine } = socket.io;
              while (!socket.connected) await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
              if (engine.transport.name !== "websocket") {
                await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
              }
              return new Promise((resolve) => socket.emit("who", new Uint8Array(3), (name: string) => resolve(name)));
            },
            back: () => new Promise<void>((resolve) => socket.once("connect", () => resolve())),
          });
        });
        const at = (await page.evaluate("who()")) as Name;
        const back = page.evaluate("back()");
        await kill(at);
        await back;
        assert.equal(await page.evaluate("who()"), other(at));
      },
    );
  });
}

/** Waits until the session is carried as it is meant to be, has it talk, and says who has answered. */
async function settle(socket: Socket, carrier: string): Promise<Name> {
  if (!socket.connected) await once(socket as never, "connect");
  const { engine } = socket.io;
  if (engine.transport.name !== carrier) await once(engine as never, "upgrade");
  assert.equal(engine.transport.name, carrier);
  const names = new Set<Name>();
  // One after the other: when polling, each is a request of its own.
  for (let turn = 0; turn < 4; turn++) {
    const [name, bytes] = await new Promise<[Name, Buffer]>((resolve) => {
      socket.emit("who", BYTES, (...answer: [Name, Buffer]) => resolve(answer));
    });
    assert.ok(bytes.equals(BYTES));
    names.add(name);
  }
  assert.equal(names.size, 1, "one server has answered all");
  return [...names][0]!;
}
