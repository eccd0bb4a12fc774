/** Pages of another origin: what the server's `cors` option lets through, with cookies and without, and what a refusal looks like. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { browserTest } from "./support/chromium.ts";
import { serveBundlePages } from "./support/bundle-pages.ts";
import { firefoxTest } from "./support/firefox.ts";

const BUNDLE = "socket.io.min.js";
const COOKIE = "visitor=42";

interface Attempt {
  readonly url: string;
  readonly withCredentials: boolean;
  readonly transport: "polling" | "websocket";
}

/** Runs in the page, so it may use nothing but its argument. What the server has heard of cookies, or why there is no connection. */
function attempt({ url, withCredentials, transport }: Attempt): Promise<object> {
  const { io } = globalThis as unknown as { io: typeof import("socket.io-client").io };
  const socket = io(url, { transports: [transport], withCredentials, forceNew: true, reconnection: false });
  return new Promise((resolve) => {
    socket.on("connect", async () => {
      const cookie: unknown = await socket.emitWithAck("cookie");
      socket.disconnect();
      resolve({ cookie });
    });
    socket.on("connect_error", (error) => {
      const { message, type, description } = error as Error & { type: string; description: unknown };
      resolve({ message, type, status: typeof description === "number" ? description : null });
    });
  });
}

interface AnyPage {
  evaluate(body: typeof attempt, argument: Attempt): Promise<object>;
}

/** The same in any browser. */
async function tryAll(t: TestContext, openPage: (url: string) => Promise<AnyPage>): Promise<void> {
  const home = await serveBundlePages(t);
  const origin = home.url;
  const cookiesOf = async (cors: object | undefined): Promise<string> => {
    const { url, io } = await serveBundlePages(t, cors === undefined ? {} : { cors });
    // A cookie of the server's own host, as after a login; the pages are on the same site, so that browsers may send it.
    io.engine.on("initial_headers", (headers: Record<string, string>) => (headers["set-cookie"] = `${COOKIE}; Path=/`));
    io.on("connection", (socket) => {
      socket.on("cookie", (answer: (cookie: string) => void) => answer(socket.request.headers.cookie ?? ""));
    });
    return url;
  };
  const page = await openPage(`${origin}/${BUNDLE}`);
  const refused = { message: "xhr poll error", type: "TransportError", status: 0 };

  const open = await cookiesOf({ origin, credentials: true });
  // The first answer sets the cookie; the second connection brings it along.
  assert.deepEqual(await page.evaluate(attempt, { url: open, withCredentials: false, transport: "polling" }), {
    cookie: "",
  });
  assert.deepEqual(await page.evaluate(attempt, { url: open, withCredentials: true, transport: "polling" }), {
    cookie: "",
  });
  assert.deepEqual(await page.evaluate(attempt, { url: open, withCredentials: true, transport: "polling" }), {
    cookie: COOKIE,
  });
  assert.deepEqual(await page.evaluate(attempt, { url: open, withCredentials: false, transport: "polling" }), {
    cookie: "",
  });

  const anonymous = await cookiesOf({ origin: "*" });
  assert.deepEqual(await page.evaluate(attempt, { url: anonymous, withCredentials: false, transport: "polling" }), {
    cookie: "",
  });
  assert.deepEqual(
    await page.evaluate(attempt, { url: anonymous, withCredentials: true, transport: "polling" }),
    refused,
  );

  const withoutCors = await cookiesOf(undefined);
  assert.deepEqual(
    await page.evaluate(attempt, { url: withoutCors, withCredentials: false, transport: "polling" }),
    refused,
  );
  const ofOthers = await cookiesOf({ origin: "https://elsewhere.example", credentials: true });
  assert.deepEqual(
    await page.evaluate(attempt, { url: ofOthers, withCredentials: true, transport: "polling" }),
    refused,
  );

  // CORS is of XMLHttpRequest and fetch: browsers open a WebSocket to any origin, with its cookies.
  assert.deepEqual(await page.evaluate(attempt, { url: withoutCors, withCredentials: false, transport: "websocket" }), {
    cookie: COOKIE,
  });
}

browserTest(
  "another origin in Chromium: cookies by withCredentials and CORS, refusals as connect_error",
  ({ open, t }) => tryAll(t, (url): Promise<Page> => open(url)),
);
firefoxTest(
  "another origin in Firefox: cookies by withCredentials and CORS, refusals as connect_error",
  ({ firefox, t }) => tryAll(t, (url) => firefox.open(url)),
);
