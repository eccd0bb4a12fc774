import { createRequire } from "node:module";
import type { io as ourConnect, Socket } from "socket.io-client";
import { body, FIRST_SEQ } from "../server/scenarios.ts";

/**
 * One of the clients that are compared, in a process of its own. Arguments: ours or upstream, the server's port, the scenario, a
 * transport. Warms up, then says the CPU time that one of its messages takes, user and system, in microseconds.
 */
type Scenario = (count: number) => Promise<void>;

const [maker, port, scenario, transport] = process.argv.slice(2);
const home = maker === "ours" ? import.meta.url : new URL("../../peers/package.json", import.meta.url);
const require = createRequire(home);
const { io: connect } = require("socket.io-client") as { io: typeof ourConnect };
const { version } = require("socket.io-client/package.json") as { version: string };
if ((maker === "ours") !== version.startsWith("4.100.")) throw new Error(`${maker} is ${version}`);

const open = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(`http://127.0.0.1:${port}`, { transports: [transport as "websocket"], forceNew: true });
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });

let socket: Socket;
const SCENARIOS: Record<string, Scenario> = {
  /** One event with its acknowledgement after the other. */
  async ack(count) {
    const data = body(FIRST_SEQ);
    for (let at = 0; at < count; at++) await new Promise((resolve) => socket.emit("echo", data, resolve));
  },
  /** Events that the server sends in a row. */
  async receive(count) {
    let missing = count;
    await new Promise<void>((resolve) => {
      socket.on("msg", () => {
        if (--missing === 0) resolve();
      });
      socket.emit("events", count);
    });
    socket.off("msg");
  },
  /** Connections one after the other, each closed again. */
  async connect(count) {
    for (let at = 0; at < count; at++) {
      const one = await open();
      one.disconnect();
    }
  },
};
const run = SCENARIOS[scenario!];
if (run === undefined) throw new Error(`no scenario ${scenario}`);

const COUNTS: Record<string, number> = { ack: 4000, receive: 20_000, connect: 1000 };
const count = Math.ceil(COUNTS[scenario!]! / (transport === "polling" && scenario === "ack" ? 4 : 1));
if (scenario !== "connect") socket = await open();
await run(count);
const before = process.cpuUsage();
await run(count);
const { user, system } = process.cpuUsage(before);
process.send!((user + system) / count);
process.disconnect();
// What connections have left behind, such as agents, is not to hold the process.
process.exit();
