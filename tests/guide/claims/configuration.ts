import assert from "node:assert/strict";
import type { ServerOptions } from "socket.io";
import { http, RawWebSocket, tcpAnswer } from "../../support/raw-peer.js";
import { upgradeRequest } from "../../support/upgrade-request.ts";
import type { Claims } from "./claims.js";
import { blankSite } from "./pages.js";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const ORIGIN = "https://front.test";

export const configuration: Claims = {
  "Saner default values": {
    "a message may have 1,000,000 bytes, and one more ends the connection": async (stage) => {
      stage.mayReach("maxHttpBufferSize");
      const io = await stage.serve();
      const open = JSON.parse((await http(stage.port, "GET", HANDSHAKE)).body.slice(1)) as { maxPayload: number };
      assert.equal(open.maxPayload, 1_000_000);

      const raw = await new RawWebSocket(stage.port).opened();
      raw.send("40");
      await raw.receive(2);
      const [socket] = io.sockets.sockets.values();
      const sizes: number[] = [];
      socket!.on("x", (text: string) => sizes.push(text.length));
      const end = stage.event(socket, "disconnect");
      const message = (bytes: number): string => `42["x","${"x".repeat(bytes - 10)}"]`;
      assert.equal(message(1_000_000).length, 1_000_000);
      raw.send(message(1_000_000), message(1_000_001));
      assert.equal((await end)[0], "transport error");
      assert.deepEqual(sizes, [1_000_000 - 10]);
      assert.deepEqual(await raw.receive(1), ["closed 1009"]);
    },

    "WebSockets are not compressed, though the client offers it; perMessageDeflate turns it on": async (stage) => {
      for (const [options, compressed] of [
        [{}, false],
        [{ perMessageDeflate: true }, true],
      ] as const) {
        await stage.serve(options);
        assert.equal(/^sec-websocket-extensions: permessage-deflate/im.test(await upgrade(stage.port)), compressed);
      }
    },

    "a page of another domain is told nothing, until its domain is listed": async (stage) => {
      for (const [options, allowed] of [
        [{}, undefined],
        [{ cors: { origin: ["https://other.test"] } }, undefined],
        [{ cors: { origin: ["https://other.test", ORIGIN] } }, ORIGIN],
      ] as const) {
        await stage.serve(options as Partial<ServerOptions>);
        const { headers } = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: ORIGIN });
        assert.equal(headers["access-control-allow-origin"], allowed);
      }
    },

    "withCredentials is off: a client sends no cookie back unless it is turned on": async (stage) => {
      const io = await stage.serve({ cookie: true });
      const cookies: (string | undefined)[] = [];
      io.engine.on("headers", (_, request) => cookies.push(request.headers.cookie));
      for (const withCredentials of [undefined, true]) {
        cookies.length = 0;
        const options = withCredentials === undefined ? {} : { withCredentials };
        const { client, server } = await stage.pair(io, "/", { transports: ["polling"], ...options });
        assert.equal(client.io.engine.opts.withCredentials, withCredentials ?? false);
        const { id } = server.conn as unknown as { id: string };
        assert.equal(cookies.at(-1), withCredentials ? `io=${id}` : undefined);
      }
    },
  },

  "CORS handling": {
    "no answer has a header of CORS by default, and nobody answers preflights": async (stage) => {
      await stage.serve();
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const { headers } = await http(stage.port, method, HANDSHAKE, undefined, {
          origin: ORIGIN,
          "access-control-request-method": "POST",
        });
        assert.deepEqual(corsNames(headers), []);
      }
    },

    "`origins` and `handlePreflightRequest` of 2.x have no say": async (stage) => {
      const handlePreflightRequest = (): void => assert.fail("called");
      await stage.serve({ origins: [ORIGIN], handlePreflightRequest } as object);
      for (const method of ["GET", "OPTIONS"]) {
        const { headers } = await http(stage.port, method, HANDSHAKE, undefined, { origin: ORIGIN });
        assert.deepEqual(corsNames(headers), []);
      }
      // A page of a domain that `origins` would have kept out is let in by the server.
      const { status } = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: "https://unlisted.test" });
      assert.equal(status, 200);
    },

    "origin, methods, allowedHeaders and credentials reach the answers": async (stage) => {
      await stage.serve({
        cors: { origin: ORIGIN, methods: ["GET", "POST"], allowedHeaders: ["x-mine"], credentials: true },
      });
      const asked = { origin: ORIGIN, "access-control-request-method": "POST" };
      const preflight = await http(stage.port, "OPTIONS", HANDSHAKE, undefined, asked);
      assert.equal(preflight.status, 204);
      const { headers } = preflight;
      assert.equal(headers["access-control-allow-origin"], ORIGIN);
      assert.equal(headers["access-control-allow-methods"], "GET,POST");
      assert.equal(headers["access-control-allow-headers"], "x-mine");
      assert.equal(headers["access-control-allow-credentials"], "true");
      const answer = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: ORIGIN });
      assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
      assert.equal(answer.headers["access-control-allow-credentials"], "true");
    },

    "so do the other options of the cors package: exposedHeaders, maxAge, optionsSuccessStatus, origins by function":
      async (stage) => {
        await stage.serve({
          cors: {
            origin: (origin, decide) => decide(null, origin?.endsWith(".test") ?? false),
            exposedHeaders: "x-shown",
            maxAge: 600,
            optionsSuccessStatus: 200,
          },
        });
        const asked = { origin: ORIGIN, "access-control-request-method": "POST" };
        const preflight = await http(stage.port, "OPTIONS", HANDSHAKE, undefined, asked);
        assert.equal(preflight.status, 200);
        assert.equal(preflight.headers["access-control-max-age"], "600");
        const answer = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: ORIGIN });
        assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
        assert.equal(answer.headers["access-control-expose-headers"], "x-shown");
        const other = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: "https://front.example" });
        assert.deepEqual(corsNames(other.headers), []);
      },

    "and its function that gives the options for each request": async (stage) => {
      await stage.serve({ cors: (request, decide) => decide(null, { origin: request.headers.origin ?? false }) });
      const { headers } = await http(stage.port, "GET", HANDSHAKE, undefined, { origin: ORIGIN });
      assert.equal(headers["access-control-allow-origin"], ORIGIN);
    },

    "a browser lets a page of another origin connect where that is listed, and nowhere else": {
      inChromium: async (stage, open) => {
        const site = await blankSite(stage);
        const page = await open(site.url);
        await stage.serve({ cors: { origin: new URL(site.url).origin } });
        const allowing = stage.port;
        await stage.serve();
        await page.addScriptTag({ url: `http://127.0.0.1:${allowing}/socket.io/socket.io.min.js` });
        const outcome = (port: number): Promise<unknown> =>
          page.evaluate(`new Promise((resolve) => {
            const socket = io("http://127.0.0.1:${port}", { transports: ["polling"], reconnection: false });
            for (const name of ["connect", "connect_error"]) socket.on(name, () => resolve(name));
          })`);
        assert.equal(await outcome(allowing), "connect");
        assert.equal(await outcome(stage.port), "connect_error");
      },
    },
  },

  "No more cookie by default": {
    "neither polling nor a WebSocket gets a cookie": async (stage) => {
      await stage.serve();
      assert.equal((await http(stage.port, "GET", HANDSHAKE)).headers["set-cookie"], undefined);
      assert.doesNotMatch(await upgrade(stage.port), /^set-cookie:/im);
    },

    "`cookie` sets one with the session's id, under its name and with its path, HttpOnly only if asked": async (
      stage,
    ) => {
      const io = await stage.serve({ cookie: { name: "test", path: "/custom", httpOnly: false } });
      const { headers } = await http(stage.port, "GET", HANDSHAKE);
      const [id] = Object.keys((io.engine as unknown as { clients: object }).clients);
      assert.deepEqual(headers["set-cookie"], [`test=${id}; Path=/custom; SameSite=Lax`]);
      await stage.serve({ cookie: { name: "io" } });
      const [byDefault] = (await http(stage.port, "GET", HANDSHAKE)).headers["set-cookie"] ?? [];
      assert.match(byDefault ?? "", /^io=[\w-]{20}; Path=\/; HttpOnly; SameSite=Lax$/);
    },

    "all other options of a cookie are written": async (stage) => {
      const expires = new Date(Date.UTC(2040, 0, 2));
      const options = { domain: "a.test", maxAge: 60, sameSite: "none", secure: true, expires } as const;
      const more = { partitioned: true, priority: "high", encode: (id: string) => `${id}!` } as const;
      await stage.serve({ cookie: { name: "io", ...options, ...more } });
      const [cookie = ""] = (await http(stage.port, "GET", HANDSHAKE)).headers["set-cookie"] ?? [];
      const [pair = "", ...attributes] = cookie.split("; ");
      assert.match(pair, /^io=[\w-]{20}!$/);
      assert.deepEqual(
        new Set(attributes),
        new Set([
          ...["Path=/", "HttpOnly", "Domain=a.test", "Max-Age=60", "SameSite=None", "Secure", "Partitioned"],
          ...["Priority=High", `Expires=${expires.toUTCString()}`],
        ]),
      );
    },

    "`cookieName`, `cookieHttpOnly` and `cookiePath` of 2.x set none": async (stage) => {
      await stage.serve({ cookieName: "io", cookieHttpOnly: false, cookiePath: "/custom" } as object);
      assert.equal((await http(stage.port, "GET", HANDSHAKE)).headers["set-cookie"], undefined);
    },
  },
};

function corsNames(headers: object): string[] {
  return Object.keys(headers).filter((name) => name.startsWith("access-control-"));
}

/** The head of the answer to an offer of a WebSocket with compression. */
function upgrade(port: number): Promise<string> {
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  return tcpAnswer(port, upgradeRequest("/socket.io/?EIO=4&transport=websocket", offer));
}
