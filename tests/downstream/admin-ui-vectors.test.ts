import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, test, type TestContext } from "node:test";
import { readVectors, RECORDED } from "../conformance/vectors/files.ts";
import { RawWebSocket } from "../support/raw-peer.ts";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { SERVER, startProgram, type Program } from "./support/program.ts";

const { vectors } = readVectors("admin-ui");
const framesOf = (name: string): string[] => vectors.find((vector) => vector.name === name)!["frames"] as string[];

/** One bucket of what the server counted in a second. */
interface Count {
  timestamp: number;
  type: string;
  subType?: string;
  count: number;
}

/** Stands for a heartbeat in what is compared. */
const PING = "2";

/** The rest of the page's language, beside the frames: what it sends, and how many bytes of packets that is. */
class Operator {
  readonly #socket: RawWebSocket;
  /** Heartbeats come at any time, so they are kept apart. */
  pings = 0;
  packets = 0;
  bytes = 0;

  constructor(port: number) {
    this.#socket = new RawWebSocket(port);
  }

  send(packet: string): void {
    this.#socket.send(`4${packet}`);
    this.packets++;
    this.bytes += Buffer.byteLength(packet);
  }

  command(...event: unknown[]): void {
    this.send(`2/admin,${JSON.stringify(event)}`);
  }

  /** The next frames, without heartbeats, which are answered. */
  async receive(count: number): Promise<string[]> {
    const frames: string[] = [];
    while (frames.length < count) frames.push(...(await this.#next()));
    return frames;
  }

  async ping(): Promise<void> {
    const before = this.pings;
    while (this.pings === before) assert.deepEqual(await this.#next(), [], "nothing but heartbeats");
  }

  async #next(): Promise<string[]> {
    const [frame] = (await this.#socket.receive(1)) as [string];
    if (frame !== PING) return [frame];
    this.pings++;
    this.#socket.send("3");
    return [];
  }

  end(): void {
    this.#socket.terminate();
  }
}

/** Every maker's client plays the application's client of the recording; the page is bytes. */
for (const maker of MAKERS) {
  describe(`the frames of admin-ui, recorded with upstream's server, ${maker === "ours" ? "our" : "upstream's"} client`, () => {
    test("all six recorded exchanges are played", async (t) => {
      assert.equal(RECORDED["admin-ui"], 6);
      const played: string[] = [];
      const { operator, program } = await begin(t);
      const check = (name: string, seen: string[]): void => {
        const wanted = framesOf(name);
        assert.deepEqual(comparable(seen), comparable(wanted), name);
        played.push(name);
      };

      operator.send(`0/admin,${JSON.stringify({ username: "admin", password: "guess" })}`);
      check("bad credentials", await operator.receive(1));
      operator.send(`0/admin,${JSON.stringify({ username: "admin", password: "changeit" })}`);
      check("good credentials", await operator.receive(6));

      const socket = clientOf(maker).connect(t, `http://127.0.0.1:${program.facts.port}`, { reconnection: false });
      await Promise.all([next(socket, "out"), next(socket.io.engine, "upgrade")]);
      const arrival = await operator.receive(6);
      socket.emit("x", 1);
      check("a client connects, upgrades, emits", [...arrival, ...(await operator.receive(1))]);

      const hey = next(socket, "hey");
      operator.command("emit", "/", socket.id, "hey", 1);
      assert.deepEqual(await hey, [1]);
      operator.command("join", "/", "newroom", socket.id);
      check("UI commands emit + join", await operator.receive(2));

      const left = next(socket, "disconnect");
      operator.command("leave", "/", "newroom", socket.id);
      // admin-ui tells of a room that was left one tick later: both commands in one read would be told the other way round.
      const leave = await operator.receive(1);
      operator.command("_disconnect", "/", false, socket.id);
      check("UI commands leave + _disconnect", [...leave, ...(await operator.receive(3))]);
      assert.deepEqual((await left).slice(0, 1), ["io server disconnect"]);

      await program.ask("firstEnd");
      const recorded = framesOf("server_stats period")
        .filter((frame) => frame !== PING)
        .map(statsOf);
      const [first, second, third] = [
        await stats(program, operator),
        await stats(program, operator),
        await stats(program, operator),
      ];
      assert.deepEqual(shapeOf(first), shapeOf(recorded[0]!));
      assert.deepEqual(packetsIn(first), packetsIn(recorded[0]!));
      assert.equal(
        sum(first, "bytesIn"),
        operator.bytes + Buffer.byteLength('02["x",1]'),
        "0 connects, 2 is the event",
      );
      assert.ok(sum(first, "bytesOut") > 0);
      for (const later of [second, third]) {
        assert.deepEqual(shapeOf(later), shapeOf(recorded[1]!));
        assert.deepEqual(packetsIn(later), packetsIn(recorded[1]!));
      }
      assert.equal(first.hostname, hostname());
      assert.ok(second.uptime > 0 && second.uptime < third.uptime);
      for (const { timestamp } of first.aggregatedEvents) assert.equal(timestamp % 1000, 0);
      await operator.ping();
      assert.deepEqual(
        packetsIn(await stats(program, operator)),
        packetsIn(recorded[1]!),
        "a heartbeat is not counted",
      );
      assert.ok(framesOf("server_stats period").includes(PING));
      played.push("server_stats period");

      assert.deepEqual(
        played,
        vectors.map(({ name }) => name),
      );
    });
  });

  /** Ids by the order in which they come, times and random values by their kind; of our client's requests not the headers. */
  function comparable(frames: readonly string[]): unknown[] {
    const ids: string[] = [];
    const named = (id: string): string => {
      if (!ids.includes(id)) ids.push(id);
      return `<sid ${ids.indexOf(id)}>`;
    };
    return frames.map((frame) => {
      const [, kind = "", json = ""] = /^(4\d\/admin,)(.*)$/s.exec(frame) ?? [];
      const text = json
        .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
        .replaceAll(/(?<=")[\w-]{20}(?=")/g, named)
        .replace(/(?<="session",")[0-9a-f]{16}(?=")/, "<session>");
      return [kind, JSON.parse(text, (key, value: unknown) => (key in MASKS ? MASKS[key]!(value) : value))];
    });
  }

  const MASKS: Record<string, (value: unknown) => unknown> = {
    clientId: (value) => (/^[\w-]{12}$/.test(String(value)) ? "<12 characters>" : value),
    issued: (value) => typeof value,
    time: (value) => Number.isNaN(Date.parse(String(value))),
    t: () => "<stamp>",
    url: (value) => String(value).replace(/(?<=&t=)[\w-]+/, "<stamp>"),
    headers: (value) => {
      const headers = value as Record<string, string>;
      for (const name of ["host", "sec-websocket-key"]) if (name in headers) headers[name] = "<any>";
      delete headers["sec-websocket-extensions"];
      const isPage = "upgrade" in headers;
      return maker === "ours" && !isPage ? {} : headers;
    },
  };
}

interface Stats {
  serverId: string;
  hostname: string;
  pid: number;
  uptime: number;
  clientsCount: number;
  pollingClientsCount: number;
  aggregatedEvents: Count[];
  namespaces: { name: string; socketsCount: number }[];
}

async function begin(t: TestContext) {
  const settings = { password: "changeit", mode: "development", pingInterval: 300 };
  const program = await startProgram<{ port: number }>(t, "admin-ui.mjs", SERVER, {
    SETTINGS: JSON.stringify(settings),
  });
  const operator = new Operator(program.facts.port);
  t.after(() => operator.end());
  assert.equal((await operator.receive(1))[0]![0], "0");
  return { program, operator };
}

async function stats(program: Program<unknown>, operator: Operator): Promise<Stats> {
  assert.equal(await program.ask("tick"), 1);
  return statsOf((await operator.receive(1))[0]!);
}

function statsOf(frame: string): Stats {
  const [name, value] = JSON.parse(frame.replace("42/admin,", "")) as [string, Stats];
  assert.equal(name, "server_stats");
  return value;
}

/** What is the same in every run. */
function shapeOf({ serverId, clientsCount, pollingClientsCount, namespaces }: Stats): object {
  return { serverId, clientsCount, pollingClientsCount, namespaces };
}

function sum({ aggregatedEvents }: Stats, type: string): number {
  return aggregatedEvents.filter((event) => event.type === type).reduce((total, { count }) => total + count, 0);
}

/** Sums of all that is not bytes: these depend on the addresses and headers of a run. */
function packetsIn({ aggregatedEvents }: Stats): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { type, subType, count } of aggregatedEvents) {
    if (type.startsWith("bytes")) continue;
    const name = subType === undefined ? type : `${type}: ${subType}`;
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
