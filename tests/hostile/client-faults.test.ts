import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Server, type Socket as Session } from "engine.io";
import { openPacket, PollingServer } from "../../packages/engine.io-client/test/support/polling-server.ts";
import { RawWebSocketServer } from "../../packages/engine.io-client/test/support/websocket-server.ts";
import { freePort } from "../support/free-port.ts";
import { listen } from "../support/listening.ts";
import { DEADLINE, memory, MIB } from "./attack.ts";
import { load } from "./load.ts";

type EngineClient = Pick<typeof import("engine.io-client"), "Socket">;
type Client = Pick<typeof import("socket.io-client"), "Manager">;

/** Our client withstands; a release in peers/ does not, which shows that the test can fail. */
function published<Library>(
  title: string,
  release: string,
  run: (library: Library, t: TestContext) => Promise<void>,
): void {
  const [name, version] = release.split(" ") as [string, string];
  const alias = version === "4.8.4" || version === "6.6.8" ? name : `${name}-${version}`;
  test(`${title}: ours withstands`, DEADLINE, (t) => run(load("ours", name), t));
  test(`${title}: ${release} does not`, DEADLINE, async (t) => {
    await assert.rejects(run(load("upstream", alias), t), assert.AssertionError);
  });
}

// Fixed in 6.6.8, without an id.
published<EngineClient>(
  "a cookie with `Max-Age=0` is not sent, not even in the same millisecond",
  "engine.io-client 6.6.7",
  async ({ Socket }, t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
    const server = await PollingServer.start(t);
    const socket = new Socket(server.url, { transports: ["polling"], withCredentials: true });
    t.after(() => socket.close());
    const cookies = ["kept=1; Max-Age=1", "gone=1; Max-Age=0", "past=1; Max-Age=-1"];
    (await server.get()).answer(openPacket(), 200, { "Set-Cookie": cookies });
    assert.equal((await server.get()).request.headers.cookie, "kept=1");
  },
);

published<EngineClient>(
  "a value of the query goes on behind its second `=`",
  "engine.io-client 6.6.7",
  async ({ Socket }, t) => {
    const server = await PollingServer.start(t);
    const socket = new Socket(`${server.url}/?token=YWI=&b=c=d`, { transports: ["polling"] });
    t.after(() => socket.close());
    const { query } = await server.get();
    assert.deepEqual([query.get("token"), query.get("b")], ["YWI=", "c=d"]);
  },
);

published<EngineClient>(
  "an upgrade that dies after its probe was answered leaves the client polling, or closes it with a reason",
  "engine.io-client 6.6.8",
  async ({ Socket }, t) => {
    const server = await PollingServer.start(t);
    const websockets = await RawWebSocketServer.start(t, { server: server.http });
    const socket = new Socket(server.url);
    t.after(() => socket.close());
    const ended = new Promise<string>((resolve) => socket.on("close", (reason: string) => resolve(reason)));
    const upgrading = new Promise((resolve) => socket.on("upgrading", resolve));
    const poll = await server.handshake({ upgrades: ["websocket"], pingInterval: 300, pingTimeout: 300 });
    const candidate = await websockets.accept();
    await candidate.receive(1);
    candidate.send("3probe");
    await upgrading;
    candidate.ws.terminate();
    // Until the client has heard of it; only then the poll that it waits for ends.
    for (let turns = 0; turns < 20; turns++) await turn();
    poll.answer("6");
    const next = await Promise.race([server.get().then(() => "polls"), ended]);
    assert.notEqual(next, "ping timeout");
  },
);

published<Client>(
  "clients that lost one server together do not come back together, at the longest delay either",
  "socket.io-client 4.8.4",
  async ({ Manager }, t) => {
    const port = await freePort();
    const delays: number[] = [];
    const { setTimeout } = globalThis;
    t.mock.method(globalThis, "setTimeout", (callback: () => void, delayMs = 0, ...args: unknown[]) => {
      if (delayMs >= 500) delays.push(delayMs);
      return setTimeout(callback, 0, ...args);
    });
    const manager = new Manager(`http://127.0.0.1:${port}`, {
      timeout: false as unknown as number,
      reconnectionAttempts: 24,
    });
    await new Promise((resolve) => manager.on("reconnect_failed", () => resolve(null)));
    // From the fifth attempt on each is at the cap.
    const atCap = delays.slice(4);
    assert.equal(atCap.length, 20);
    assert.ok(new Set(atCap).size > 10, atCap.join(" "));
    assert.ok(Math.max(...atCap) <= 5000);
  },
);

published<Client>(
  "100,000 events while not connected are kept up to a limit, and whoever waits for the others is told",
  "socket.io-client 4.8.4",
  async ({ Manager }) => {
    const before = await memory();
    const manager = new Manager("http://127.0.0.1:1", { autoConnect: false });
    const socket = manager.socket("/");
    let refused = 0;
    manager.on("error", () => refused++);
    for (let at = 0; at < 100_000; at++) socket.emit("event", at.toString().padEnd(1000, "."));
    await turn();
    const growth = (await memory()) - before;
    assert.ok(growth < 32 * MIB, `${growth} bytes`);
    assert.equal(socket.sendBuffer.length + refused, 100_000);
  },
);

published<Client>(
  "what was missed and comes before CONNECT's answer is delivered once, though that answer was lost",
  "socket.io-client 4.8.4",
  async ({ Manager }, t) => {
    const asked: string[] = [];
    const script: ((session: Session) => void)[] = [
      (session) => session.send('0{"sid":"a","pid":"p"}').send('2["n",1,"off1"]').close(),
      (session) => session.send('2["n",2,"off2"]').send('0{"sid":"a","pid":"p"}').close(),
      (session) => session.send('2["n",3,"off3"]').close(),
      (session) => session.send('2["n",3,"off3"]').send('0{"sid":"a","pid":"p"}').send('2["end","off4"]'),
    ];
    const http = createServer();
    const engine = new Server();
    engine.attach(http, { path: "/socket.io" });
    engine.on("connection", (session) => {
      session.once("message", (packet: string) => {
        asked.push(packet);
        script.shift()!(session);
      });
    });
    const port = await listen(http);
    const manager = new Manager(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnectionDelay: 1 });
    const heard: unknown[] = [];
    const socket = manager.socket("/").on("n", (n) => heard.push(n));
    t.after(() => {
      socket.disconnect();
      engine.close();
      http.close();
    });
    await new Promise((resolve) => socket.on("end", resolve));
    assert.deepEqual(heard, [1, 2, 3]);
    assert.deepEqual(
      asked.slice(1).map((packet) => JSON.parse(packet.slice(1)).offset),
      ["off1", "off2", "off2"],
    );
  },
);
