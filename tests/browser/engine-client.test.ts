/** The engine's client in a real browser: XMLHttpRequest, fetch, WebSocket, and what a page does to a connection. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket as ServerSocket } from "engine.io";
import type { Page } from "playwright-core";
import { browserTest } from "./support/chromium.js";
import { servePage } from "./support/engine-page.js";

type Client = typeof import("engine.io-client");

/** What the functions that run in the page find there. */
declare const client: Client;

async function load(page: Page): Promise<void> {
  // A module of the page, which the compiler doesn't know.
  await page.evaluate(async (path) => Object.assign(globalThis, { client: await import(path) }), "/client.js");
}

browserTest("echoes texts, bytes and Blobs in order by every transport, and after the upgrade", async ({ open, t }) => {
  const { url, requests } = await servePage(t);
  const page = await open(url);
  await load(page);
  const echo = (way: string): Promise<unknown> =>
    page.evaluate(async (name) => {
      const used: string[] = [];
      const { XMLHttpRequest: Xhr, fetch: originalFetch, WebSocket: Native } = globalThis;
      globalThis.XMLHttpRequest = class extends Xhr {
        constructor() {
          super();
          used.push("xhr");
        }
      };
      globalThis.fetch = (...args) => {
        used.push("fetch");
        return originalFetch(...args);
      };
      globalThis.WebSocket = class extends Native {
        constructor(...args: ConstructorParameters<typeof WebSocket>) {
          super(...args);
          used.push("websocket");
        }
      };
      const options = {
        xhr: { transports: ["polling"] },
        fetch: { transportImplementations: [client.Fetch] },
        websocket: { transports: ["websocket"] },
        upgrade: {},
      }[name] as object;
      const socket = new client.Socket(options);
      const received: unknown[] = [];
      const show = (data: unknown): unknown =>
        data instanceof ArrayBuffer ? ["ArrayBuffer", ...new Uint8Array(data)] : (data ?? "");
      if (name === "upgrade") await new Promise<void>((resolve) => socket.once("upgrade", () => resolve()));
      await new Promise<void>((resolve) => {
        socket.on("message", (data: unknown) => {
          if (received.push(show(data)) === 6) resolve();
        });
        socket.send("€");
        socket.send(new Blob([new Uint8Array([1, 2])]));
        socket.send("");
        socket.send(new Uint8Array([9, 3, 4, 9]).subarray(1, 3));
        socket.send(new Uint8Array([0, 255]).buffer);
        socket.send("last");
      });
      socket.off("message");
      socket.binaryType = "blob";
      const blob = new Promise<Blob>((resolve) => socket.once("message", resolve as never));
      socket.send(new Uint8Array([7, 8]));
      const answer = await blob;
      received.push([answer instanceof Blob, ...new Uint8Array(await answer.arrayBuffer())]);
      const { name: transport } = socket.transport;
      socket.close();
      Object.assign(globalThis, { XMLHttpRequest: Xhr, fetch: originalFetch, WebSocket: Native });
      return { received, transport, used: [...new Set(used)] };
    }, way);

  const received = [
    "€",
    ["ArrayBuffer", 1, 2],
    "",
    ["ArrayBuffer", 3, 4],
    ["ArrayBuffer", 0, 255],
    "last",
    [true, 7, 8],
  ];
  assert.deepEqual(await echo("xhr"), { received, transport: "polling", used: ["xhr"] });
  for (const { method, headers, url: path } of requests) {
    assert.equal(headers.accept, "*/*");
    assert.match(path!, /[?&]t=[0-9a-z]{8}(&|$)/);
    if (method === "POST") assert.equal(headers["content-type"], "text/plain;charset=UTF-8");
  }
  assert.deepEqual(await echo("fetch"), { received, transport: "polling", used: ["fetch"] });
  assert.deepEqual(await echo("websocket"), { received, transport: "websocket", used: ["websocket"] });
  assert.deepEqual(await echo("upgrade"), { received, transport: "websocket", used: ["xhr", "websocket"] });
});

browserTest("what can't connect is an error that says why, or leads to a transport that can", async ({ open, t }) => {
  const { url } = await servePage(t);
  const page = await open(url);
  await load(page);
  const seen = await page.evaluate(async () => {
    const failure = (target: string, options: object): Promise<unknown> =>
      new Promise((resolve) => {
        new client.Socket(target, options).on("error", (error) => {
          const { message, type, description, context } = error as Error & Record<string, unknown>;
          const shown = (value: unknown): unknown =>
            typeof value === "object"
              ? Object.prototype.toString.call(value)
              : typeof value === "number"
                ? value
                : null;
          resolve([message, type, shown(description), shown(context)]);
        });
      });
    const { origin } = location;
    const blocked = new client.Socket(origin, {
      transports: ["webtransport", "websocket"],
      tryAllTransports: true,
    });
    const open = new Promise((resolve) => blocked.on("open", () => resolve(blocked.transport.name)));
    const list = [
      await failure("http://127.0.0.1:1", { transports: ["polling"] }),
      await failure("http://127.0.0.1:1", { transportImplementations: [client.Fetch] }),
      await failure("http://127.0.0.1:1", { transports: ["websocket"] }),
      await failure("http://127.0.0.1:1", { transports: ["webtransport"] }),
      await failure(origin, { path: "/nothing", transports: ["polling"] }),
      await failure(origin, { path: "/nothing", transports: ["websocket"] }),
      await open,
    ];
    blocked.close();
    return list;
  });
  assert.deepEqual(seen, [
    ["xhr poll error", "TransportError", 0, "[object XMLHttpRequest]"],
    ["fetch read error", "TransportError", "[object Error]", null],
    ["websocket error", "TransportError", "[object Event]", null],
    ["webtransport error", "TransportError", "[object WebTransportError]", null],
    ["xhr poll error", "TransportError", 404, "[object XMLHttpRequest]"],
    ["websocket error", "TransportError", "[object Event]", null],
    "websocket",
  ]);
});

browserTest("cookies and headers go to another origin if withCredentials and CORS say so", async ({ open, t }) => {
  const other = await servePage(t, {
    cookie: true,
    cors: { origin: true, credentials: true, allowedHeaders: ["x-own"] },
  });
  const { url } = await servePage(t);
  const page = await open(url);
  await load(page);
  for (const Class of ["XHR", "Fetch"] as const) {
    for (const withCredentials of [false, true]) {
      // Each session's requests bear a name: the goodbye of the one before may come late.
      const run = `${Class}${withCredentials}`;
      await page.evaluate(
        async ([target, name, credentials, query]) => {
          const socket = new client.Socket(target, {
            transportImplementations: [client[name]],
            withCredentials: credentials,
            extraHeaders: { "X-Own": "1" },
            query,
          });
          await new Promise<void>((resolve, reject) => {
            socket.on("message", () => resolve());
            socket.on("error", reject);
            socket.send("x");
          });
          socket.close();
        },
        [other.url, Class, withCredentials, { run }] as const,
      );
      const sent = other.requests.filter(
        ({ method, url: path }) => method !== "OPTIONS" && path!.includes(`run=${run}&`) && path!.includes("sid="),
      );
      assert.ok(sent.length >= 2);
      for (const { headers } of sent) {
        assert.equal(headers["x-own"], "1");
        assert.equal((headers.cookie ?? "").startsWith("io="), withCredentials, run);
      }
    }
  }
});

browserTest("losing the network is 'transport close' at once", async ({ open, t }) => {
  const { url, engine } = await servePage(t);
  const page = await open(url);
  await load(page);
  const connected = once(engine, "connection");
  await page.evaluate(() => {
    const socket = new client.Socket({ transports: ["websocket"] });
    Object.assign(globalThis, { ended: new Promise((resolve) => socket.on("close", (...args) => resolve(args))) });
    return new Promise<void>((resolve) => socket.on("open", () => resolve()));
  });
  await connected;
  await page.context().setOffline(true);
  assert.deepEqual(await page.evaluate("ended"), ["transport close", { description: "network connection lost" }]);
});

browserTest(
  "a page that goes away says goodbye with closeOnBeforeunload, and tells its own listeners nothing",
  async ({ open, t }) => {
    const { url, engine } = await servePage(t);
    const page = await open(url);
    const visit = async (closeOnBeforeunload: boolean): Promise<unknown[]> => {
      await load(page);
      const connected = once(engine, "connection") as Promise<[ServerSocket]>;
      await page.evaluate((leave) => {
        const socket = new client.Socket({ transports: ["polling"], closeOnBeforeunload: leave });
        socket.on("close", (reason) => sessionStorage.setItem("closed", reason));
        return new Promise<void>((resolve) => socket.on("open", () => resolve()));
      }, closeOnBeforeunload);
      const [session] = await connected;
      const closed = once(session, "close");
      await page.goto(url);
      return [(await closed)[0], await page.evaluate("sessionStorage.getItem('closed')")];
    };
    assert.deepEqual(await visit(true), ["transport close", null]);
    // Without a goodbye the server finds a poll broken off.
    assert.deepEqual(await visit(false), ["transport error", null]);
  },
);
