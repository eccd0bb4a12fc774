import { fork, type ChildProcess } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";

/**
 * What it costs to pass a request on: CPU microseconds of both servers together for one polling request (a POST of 100 bytes and its
 * answer), sent to the server that has the session, and to the other one; in alternating rounds.
 *
 *     npx tsx bench/forwarding.ts [rounds]
 *
 * Wants `npx tsx tools/build.ts` before. The ratio is what counts, and the difference.
 */
const WARM_UP_REQUESTS = 3_000;
const MEASURED_REQUESTS = 5_000;
const SESSIONS = 20;

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

const agent = new Agent({ keepAlive: true });
const rounds = Number(process.argv[2] ?? 3);
const servers: Server[] = [];
const [owner, other] = [await start(), await start()];
const sids = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(owner.port)));
await post(owner.port, WARM_UP_REQUESTS);
await post(other.port, WARM_UP_REQUESTS);
const direct: number[] = [];
const forwarded: number[] = [];
for (let round = 0; round < rounds; round++) {
  direct.push(await measure(owner.port));
  forwarded.push(await measure(other.port));
}
for (const { process: child } of servers) child.disconnect();
agent.destroy();
const [one, two] = [median(direct), median(forwarded)];
console.log(
  `CPU us per polling request: direct ${one.toFixed(1)}, passed on ${two.toFixed(1)}: ${(two / one).toFixed(2)} times, ${(two - one).toFixed(1)} more`,
);

async function measure(port: number): Promise<number> {
  const before = await cpu();
  await post(port, MEASURED_REQUESTS);
  return ((await cpu()) - before) / MEASURED_REQUESTS;
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
  const body = `4${"x".repeat(99)}`;
  await Promise.all(
    sids.map(async (sid) => {
      while (left-- > 0) {
        const answer = await ask(port, "POST", `?EIO=4&transport=polling&sid=${sid}`, body);
        if (answer !== "ok") throw new Error(answer);
      }
    }),
  );
}

async function openSession(port: number): Promise<string> {
  const packet = await ask(port, "GET", "?EIO=4&transport=polling");
  return (JSON.parse(packet.slice(1)) as { sid: string }).sid;
}

function ask(port: number, method: string, query: string, body = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": body.length };
    const asked = request(
      { agent, port, host: "127.0.0.1", method, path: `/engine.io/${query}`, headers },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve(text));
      },
    );
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
