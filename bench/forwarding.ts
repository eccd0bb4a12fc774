import { fork, type ChildProcess } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { RawWebSocket } from "../tests/support/raw-peer.ts";
import { median } from "./report/statistics.ts";

/**
 * What it costs to pass a client on: CPU microseconds of both servers together for one polling request (a POST of 100 bytes and its
 * answer), and for one event of 100 bytes with its acknowledgement over WebSocket, sent to the server that has the session, and to the
 * other one; in alternating rounds.
 *
 *     npx tsx bench/forwarding.ts [rounds]
 *
 * Wants `npx tsx tools/build.ts` before. The ratio is what counts, and the difference.
 */
const WARM_UP = 3_000;
const MEASURED_REQUESTS = 5_000;
const MEASURED_ECHOES = 20_000;
const SESSIONS = 20;
const TEXT = "x".repeat(99);

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

const agent = new Agent({ keepAlive: true });
const rounds = Number(process.argv[2] ?? 3);
const servers: Server[] = [];
const [owner, other] = [await start(), await start()];
const sids = await each(() => openSession(owner.port, "engine.io"));
const sockets = {
  [owner.port]: await each(() => openWebSocket(owner.port)),
  [other.port]: await each(() => openWebSocket(other.port)),
};
await compare("polling request", MEASURED_REQUESTS, post);
await compare("echo over WebSocket", MEASURED_ECHOES, echo);
for (const { process: child } of servers) child.disconnect();
agent.destroy();

async function compare(
  what: string,
  count: number,
  run: (port: number, count: number) => Promise<void>,
): Promise<void> {
  const taken: { [port: number]: number[] } = { [owner.port]: [], [other.port]: [] };
  for (const { port } of servers) await run(port, WARM_UP);
  for (let round = 0; round < rounds; round++) {
    for (const { port } of servers) {
      const before = await cpu();
      await run(port, count);
      taken[port]!.push(((await cpu()) - before) / count);
    }
  }
  const [direct, forwarded] = servers.map(({ port }) => median(taken[port]!)) as [number, number];
  console.log(
    `CPU us per ${what}: direct ${direct.toFixed(1)}, passed on ${forwarded.toFixed(1)}: ${(forwarded / direct).toFixed(2)} times, ${(forwarded - direct).toFixed(1)} more`,
  );
}

/** Of both servers, in us. */
async function cpu(): Promise<number> {
  const answers = await Promise.all(
    servers.map(({ process: child }) => {
      child.send({ cpu: true });
      return new Promise<number>((resolve) => {
        const hear = (message: { cpu?: number }): void => {
          if (message.cpu === undefined) return;
          child.removeListener("message", hear);
          resolve(message.cpu);
        };
        child.on("message", hear);
      });
    }),
  );
  return answers.reduce((sum, used) => sum + used, 0);
}

/** One request at a time of each session. */
async function post(port: number, count: number): Promise<void> {
  let left = count;
  const body = `4${TEXT}`;
  await Promise.all(
    sids.map(async (sid) => {
      while (left-- > 0) {
        const answer = await ask(port, "POST", `engine.io/?EIO=4&transport=polling&sid=${sid}`, body);
        if (answer !== "ok") throw new Error(answer);
      }
    }),
  );
}

/** One event at a time of each session. */
async function echo(port: number, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    sockets[port]!.map(async (socket) => {
      while (left-- > 0) {
        socket.send(`420["echo","${TEXT}"]`);
        await answerOf(socket, "430[");
      }
    }),
  );
}

function each<T>(open: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: SESSIONS }, open));
}

/** @returns the id of a session of that server */
async function openSession(port: number, path: string): Promise<string> {
  const packet = await ask(port, "GET", `${path}/?EIO=4&transport=polling`);
  return (JSON.parse(packet.slice(1)) as { sid: string }).sid;
}

/** A session of the owner that goes on over WebSocket, by way of that server. */
async function openWebSocket(port: number): Promise<RawWebSocket> {
  const socket = await new RawWebSocket(port, `&sid=${await openSession(owner.port, "socket.io")}`).opened();
  socket.send("2probe");
  await answerOf(socket, "3probe");
  socket.send("5", "40");
  await answerOf(socket, "40");
  return socket;
}

/** The next message, but for pings. */
async function answerOf(socket: RawWebSocket, start: string): Promise<void> {
  const [message] = await socket.receive(1);
  if (message === "2") {
    socket.send("3");
    return answerOf(socket, start);
  }
  if (!String(message).startsWith(start)) throw new Error(String(message));
}

function ask(port: number, method: string, path: string, body = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": body.length };
    const asked = request({ agent, port, host: "127.0.0.1", method, path: `/${path}`, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve(text));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** One of two servers, whose bus is this process. */
async function start(): Promise<Server> {
  const child = fork(fileURLToPath(new URL("server/forwarding-target.ts", import.meta.url)));
  const port = await new Promise<number>((resolve) => {
    child.on("message", (message: { port?: number; bus?: string }) => {
      if (message.port !== undefined) resolve(message.port);
      if (message.bus === undefined) return;
      for (const { process: other } of servers) other.send(message);
      // Its first word comes before its port.
      if (!servers.some(({ process: known }) => known === child)) child.send(message);
    });
  });
  const server = { process: child, port };
  servers.push(server);
  return server;
}
