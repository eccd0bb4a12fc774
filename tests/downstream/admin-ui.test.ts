import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Socket } from "socket.io-client";
import { browserTest } from "../browser/support/chromium.ts";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { SERVER, startProgram } from "./support/program.ts";

interface Settings {
  mode: "development" | "production";
  readonly?: boolean;
  password?: string;
}

const COMMANDS = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];

for (const maker of MAKERS) {
  describe(`admin-ui over our server, ${maker === "ours" ? "our" : "upstream's"} client`, () => {
    const client = clientOf(maker);

    test("a password opens it once, and the session that it gives from then on", async (t) => {
      const { url } = await adminUi(t, { mode: "development", password: "changeit" });
      const stranger = client.connect(t, `${url}/admin`, { auth: { username: "admin", password: "guess" } });
      const [error] = await next<[Error]>(stranger, "connect_error");
      assert.equal(error.message, "invalid credentials");

      const operator = client.connect(t, `${url}/admin`, { auth: { username: "admin", password: "changeit" } });
      // It is sent by a middleware: the event comes before the answer to the connection.
      const order: string[] = [];
      operator.once("session", () => order.push("session"));
      operator.once("connect", () => order.push("connect"));
      const [[sessionId]] = await Promise.all([next<[string]>(operator, "session"), next(operator, "connect")]);
      assert.match(sessionId, /^[0-9a-f]{16}$/);
      assert.deepEqual(order, ["session", "connect"]);
      const again = client.connect(t, `${url}/admin`, { auth: { sessionId } });
      assert.deepEqual(await next(again, "config"), [
        { supportedFeatures: [...COMMANDS, "AGGREGATED_EVENTS", "ALL_EVENTS"] },
      ]);
    });

    test("commands reach one socket, a room or all, and what they do is told", async (t) => {
      const { url, program } = await adminUi(t, { mode: "development" });
      const operator = client.connect(t, `${url}/admin`);
      await next(operator, "all_sockets");
      const [one, other] = [client.connect(t, url), client.connect(t, url)];
      await Promise.all([next(one, "out"), next(other, "out")]);

      const joined = next(operator, "room_joined");
      operator.emit("join", "/", "special", one.id);
      assert.deepEqual((await joined).slice(0, 3), ["/", "special", one.id]);
      assert.deepEqual(await program.ask("rooms", one.id), [one.id, "r1", "special"]);
      other.on("to the room", () => assert.fail("it is in no such room"));
      const told = next(one, "to the room");
      operator.emit("emit", "/", "special", "to the room", { n: 1 });
      assert.deepEqual(await told, [{ n: 1 }]);
      const all = Promise.all([next(one, "to all"), next(other, "to all")]);
      operator.emit("emit", "/", undefined, "to all");
      await all;
      const left = next(operator, "room_left");
      operator.emit("leave", "/", "special");
      assert.deepEqual((await left).slice(0, 3), ["/", "special", one.id]);

      const { id } = one;
      const [gone, end] = [next(operator, "socket_disconnected"), next(one, "disconnect")];
      operator.emit("_disconnect", "/", true, id);
      assert.deepEqual((await gone).slice(0, 3), ["/", id, "server namespace disconnect"]);
      assert.equal((await end)[0], "io server disconnect");
    });

    test("it counts sockets, sessions that poll, and packets", async (t) => {
      const { url, program } = await adminUi(t, { mode: "production" });
      const operator = client.connect(t, `${url}/admin`, { transports: ["websocket"] });
      await next(operator, "config");
      const poller = client.connect(t, url, { transports: ["polling"] });
      await next(poller, "out");
      const stats = next<[Stats]>(operator, "server_stats");
      assert.equal(await program.ask("tick"), 1);
      const [{ clientsCount, pollingClientsCount, namespaces, aggregatedEvents }] = await stats;
      assert.deepEqual(
        { clientsCount, pollingClientsCount, namespaces },
        {
          clientsCount: 2,
          pollingClientsCount: 1,
          namespaces: [
            { name: "/", socketsCount: 1 },
            { name: "/admin", socketsCount: 1 },
          ],
        },
      );
      const types = new Set(aggregatedEvents.map(({ type }) => type));
      for (const type of ["rawConnection", "packetsIn", "packetsOut", "bytesIn", "bytesOut"])
        assert.ok(types.has(type), type);
    });

    test("in production it tells no single events, and read-only it takes no commands", async (t) => {
      const { url, program } = await adminUi(t, { mode: "production", readonly: true });
      const operator = client.connect(t, `${url}/admin`);
      operator.onAny((name: string) => assert.ok(["config", "server_stats"].includes(name), name));
      assert.deepEqual(await next(operator, "config"), [{ supportedFeatures: ["AGGREGATED_EVENTS"] }]);
      const socket: Socket = client.connect(t, url);
      await next(socket, "out");
      operator.emit("join", "/", "special", socket.id);
      // Two packets to connect and the command: once the server has counted them, it has taken the command or not.
      let packets = 0;
      while (packets < 3) {
        const stats = next<[Stats]>(operator, "server_stats");
        await program.ask("tick");
        for (const { type, count } of (await stats)[0].aggregatedEvents) if (type === "packetsIn") packets += count;
      }
      assert.deepEqual(await program.ask("rooms", socket.id), [socket.id, "r1"]);
    });
  });
}

interface Stats {
  clientsCount: number;
  pollingClientsCount: number;
  namespaces: { name: string; socketsCount: number }[];
  aggregatedEvents: { type: string; count: number }[];
}

browserTest("admin-ui's page in Chromium shows a socket, and puts it into a room", async ({ open, t }) => {
  const { url, program } = await adminUi(t, { mode: "development", password: "changeit" });
  const socket = clientOf("ours").connect(t, url);
  await next(socket, "out");
  const page = await open(url, {
    // The page names fonts on the servers of others; a test asks nobody else.
    prepare: async (page) => {
      await page.route(
        (address) => address.origin !== url,
        (route) => route.fulfill({ status: 200, contentType: "text/css", body: "" }),
      );
    },
  });
  await page.getByLabel("Server URL").fill(url);
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill("changeit");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("connected", { exact: true }).first().waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Sockets" }).click();
  await page.getByRole("cell", { name: socket.id!, exact: true }).click();
  // What the socket has, on its own page: its namespace, its rooms, its transport.
  await page.getByRole("cell", { name: "r1", exact: true }).waitFor();
  const field = page.getByLabel("Join a room");
  await field.fill("from the page");
  await field.press("Enter");
  await field.locator("xpath=ancestor::form").getByRole("button").last().click();
  await page.getByRole("cell", { name: "from the page", exact: true }).waitFor();
  assert.deepEqual(await program.ask("rooms", socket.id), [socket.id, "r1", "from the page"]);
  const { id } = socket;
  await page.getByRole("navigation").getByRole("link", { name: "Sockets" }).click();
  await page.getByRole("cell", { name: id!, exact: true }).waitFor();
  socket.disconnect();
  await page.getByRole("cell", { name: id!, exact: true }).waitFor({ state: "detached" });
});

async function adminUi(t: TestContext, settings: Settings) {
  const program = await startProgram<{ port: number }>(t, "admin-ui.mjs", SERVER, {
    SETTINGS: JSON.stringify(settings),
  });
  return { program, url: `http://127.0.0.1:${program.facts.port}` };
}
