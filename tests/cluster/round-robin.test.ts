/** No sticky sessions: every request of a session may reach another server. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { withoutProxy } from "../support/proxies/proxy.ts";
import { http, RawPolling, tcp } from "../support/raw-peer.ts";
import { withoutRedis } from "../support/redis.ts";
import {
  ask,
  CLIENTS,
  connect,
  connected,
  hears,
  startServers,
  startWorkers,
  type Stage,
} from "./round-robin-stage.ts";

const WAYS = { polling: ["polling"], "polling, then WebSocket": ["polling", "websocket"], WebSocket: ["websocket"] };
const TURNS = 40;
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

behind("workers of node:cluster", startWorkers, false);
behind("servers on Redis behind HAProxy", startServers, withoutRedis || withoutProxy("haproxy"));

function behind(name: string, start: () => Promise<Stage>, skip: string | false): void {
  describe(`round robin over ${name}`, { skip, timeout: 120_000 }, () => {
    let stage: Stage;
    let url: string;
    before(async () => {
      stage = await start();
      url = `http://127.0.0.1:${stage.port}`;
    });
    after(() => stage.stop());

    for (const make of Object.keys(CLIENTS)) {
      for (const [way, transports] of Object.entries(WAYS)) {
        test(`${make} talks by ${way}: one server answers, whichever is asked`, async (t) => {
          const client = connect(t, make, url, { transports });
          const ends: unknown[] = [];
          client.on("disconnect", (reason: unknown) => ends.push(reason));
          await connected(client);
          const servers = new Set<unknown>();
          // One after the other: when polling, each is a request of its own.
          for (let turn = 0; turn < 6; turn++) servers.add(await ask(client, "who"));
          const { engine } = client.io;
          if (way.includes("then") && engine.transport.name !== "websocket") {
            await new Promise((resolve) => engine.once("upgrade", resolve));
          }
          for (let turn = 0; turn < 6; turn++) servers.add(await ask(client, "who"));
          assert.equal(servers.size, 1);
          assert.deepEqual(Buffer.from(await ask(client, "echo", BYTES)), BYTES);
          const large = "€".repeat(100_000);
          assert.equal(await ask(client, "echo", large), large);
          assert.equal(engine.transport.name, transports.at(-1));
          assert.deepEqual(ends, []);
        });
      }
    }

    test("many clients poll at once, and none loses its session or an event", async (t) => {
      const clients = Array.from({ length: 12 }, () => connect(t, "our client", url, { transports: ["polling"] }));
      const ends: unknown[] = [];
      for (const client of clients) client.on("disconnect", (reason: unknown) => ends.push(reason));
      await Promise.all(clients.map(connected));
      const answers = await Promise.all(
        clients.flatMap((client, who) => Array.from({ length: 10 }, (_, at) => ask(client, "echo", [who, at]))),
      );
      assert.deepEqual(
        answers,
        clients.flatMap((_, who) => Array.from({ length: 10 }, (__, at) => [who, at])),
      );
      assert.deepEqual(ends, []);
    });

    test("a room reaches over all servers, text and bytes, in order", async (t) => {
      const members = Array.from({ length: 4 }, () => connect(t, "our client", url, { transports: ["polling"] }));
      await Promise.all(members.map(connected));
      assert.ok(new Set(await Promise.all(members.map((member) => ask(member, "who")))).size > 1, "on several servers");
      await Promise.all(members.map((member) => ask(member, "join", "members")));
      const heard = members.map(() => [] as unknown[]);
      const all = members.map((member, at) => {
        return new Promise<void>((resolve) => {
          member.on("said", (...args: unknown[]) => heard[at]!.push(args[0]) === 11 && resolve());
        });
      });
      for (let at = 0; at < 10; at++) members[0].emit("say", "members", at);
      members[0].emit("say", "members", BYTES);
      await Promise.all(all);
      for (const list of heard) {
        assert.deepEqual(list.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert.deepEqual(Buffer.from(list[10] as Buffer), BYTES);
      }
      assert.ok((await ask(members[0], "count")) >= 4);
    });

    for (const [make, transports] of [
      ["our client", ["polling"]],
      ["our client", ["websocket"]],
      ["the client 4.8.4", ["polling"]],
      ["the client 4.8.4", ["polling", "websocket"]],
    ] as const) {
      test(`${make} that is cut off (${transports.join()}) comes back through any server, with what it has missed`, async (t) => {
        const client = connect(t, make, url, { transports });
        const other = connect(t, "our client", url, { transports: ["websocket"] });
        await Promise.all([connected(client), connected(other)]);
        const room = `room of ${make} ${transports.join()}`;
        await ask(client, "join", room);
        const heard: unknown[] = [];
        client.on("said", (at: unknown) => heard.push(at));
        const { id } = client;
        const servers = new Set([await ask(client, "who")]);
        let said = 0;
        // Until it has been elsewhere, and twice in any case.
        for (let turn = 0; turn < 2 || servers.size < 2; turn++) {
          assert.ok(turn < 20, "it always comes back to the same server");
          other.emit("say", room, said++);
          while (heard.length < said) await hears(client, "said");
          // A client that needs as many connections to come back as there are servers would find the same one each time.
          if (turn % 2 === 1) await tcp(stage.port, "GET / HTTP/1.0\r\n\r\n");
          client.io.engine.close();
          const back = connected(client);
          other.emit("say", room, said++);
          other.emit("say", room, said++);
          await back;
          assert.deepEqual([client.recovered, client.id], [true, id]);
          servers.add(await ask(client, "who"));
          while (heard.length < said) await hears(client, "said");
        }
        other.emit("say", room, said++);
        while (heard.length < said) await hears(client, "said");
        assert.deepEqual(
          heard,
          Array.from({ length: said }, (_, at) => at),
        );
      });
    }

    test("while many speak from several servers, who is cut off and comes back hears each exactly once, in order", async (t) => {
      const talkers = Array.from({ length: 4 }, () => connect(t, "our client", url, { transports: ["websocket"] }));
      const client = connect(t, "our client", url, { transports: ["websocket"] });
      await Promise.all([...talkers, client].map(connected));
      await ask(client, "join", "many");
      // So that the servers' own members hear what they say as well.
      await Promise.all(talkers.map((talker) => ask(talker, "join", "many")));
      const heard = talkers.map((): unknown[] => []);
      let back = connected(client);
      const all = new Promise<void>((resolve) => {
        client.on("said", (from: number, at: number) => {
          heard[from]!.push(at);
          if (heard.every((list) => list.at(-1) === TURNS - 1)) resolve();
        });
      });
      for (let at = 0; at < TURNS; at++) {
        await back;
        for (const [from, talker] of talkers.entries()) talker.emit("say", "many", from, at);
        if (at % 5 === 4) {
          await hears(client, "said");
          client.io.engine.close();
          back = connected(client);
        } else if (at % 5 === 2) await ask(talkers[at % 4], "who");
      }
      await all;
      assert.equal(client.recovered, true);
      for (const list of heard) {
        assert.deepEqual(
          list,
          Array.from({ length: TURNS }, (_, at) => at),
        );
      }
    });

    test("a client whose old connection hangs takes its session over, from whichever server has it", async (t) => {
      for (let turn = 0; turn < 3; turn++) {
        const way = await FaultyProxy.start(stage.port);
        t.after(() => way.close());
        const client = connect(t, "our client", `http://127.0.0.1:${way.port}`, { transports: ["websocket"] });
        await connected(client);
        await ask(client, "join", "hanging");
        const said = hears(client, "said");
        client.emit("say", "hanging", "before");
        await said;
        const { id } = client;
        // Its server hears nothing any more, not even the end.
        way.halfOpen();
        client.io.uri = url;
        client.io.engine.close();
        await connected(client);
        assert.deepEqual([client.recovered, client.id], [true, id]);
        client.close();
      }
    });

    test("the sessions of a server that is killed are unknown at once, and its clients begin new ones", async (t) => {
      const client = connect(t, "our client", url, { transports: ["polling"] });
      await connected(client);
      const before = await ask(client, "who");
      const raw = await openedAt(before);
      const held = raw.poll().then(
        ({ status, body }) => (status === 400 ? [status, JSON.parse(body)] : "cut off"),
        () => "cut off",
      );
      const gone = hears(client, "disconnect");
      client.emit("die");
      await gone;
      const answer = await held;
      // By way of the killed server itself the connection is cut; by way of another the answer says why.
      if (answer !== "cut off") assert.deepEqual(answer, UNKNOWN);
      const { status, body } = await http(stage.port, "GET", `/socket.io/?EIO=4&transport=polling&sid=${raw.sid}`);
      assert.deepEqual([status, JSON.parse(body)], UNKNOWN);
      await connected(client);
      assert.notEqual(await ask(client, "who"), before);
      await stage.restore();
    });

    /** A session of that server, spoken by hand, that has entered "/". */
    async function openedAt(server: unknown): Promise<RawPolling> {
      for (;;) {
        const raw = new RawPolling(stage.port);
        await raw.handshake();
        await raw.post("40");
        await raw.receive(1);
        await raw.post('420["who"]');
        if ((await raw.receive(1))[0] === `430[${String(server)}]`) return raw;
        await raw.post("1");
        // Six requests were made: with the seventh, the next session begins elsewhere.
        await http(stage.port, "GET", "/");
      }
    }
  });
}

const UNKNOWN = [400, { code: 1, message: "Session ID unknown" }];
