import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { LocalNode, type Command, type NodeOptions, type Notice } from "./node.ts";

/** A node as the driver has it, with its own way to Redis, which can fail. */
export interface Member {
  readonly name: string;
  readonly port: number;
  readonly proxy: FaultyProxy;
  perform(command: Command): Promise<unknown>;
  /** Ends it with SIGKILL, if it has a process of its own. */
  readonly kill?: () => Promise<void>;
}

/** A node in this process. */
export async function startLocal(name: string, options: NodeOptions, notice: Notice): Promise<Member> {
  const proxy = await FaultyProxy.start(options.redisPort);
  const node = await LocalNode.start({ ...options, redisPort: proxy.port }, notice);
  return { name, port: node.port, proxy, perform: (command) => node.perform(command) };
}

/** A node in a process of its own. */
export async function startChild(name: string, options: NodeOptions, notice: Notice): Promise<Member> {
  const proxy = await FaultyProxy.start(options.redisPort);
  const program = fileURLToPath(new URL("child.ts", import.meta.url));
  const child = fork(program, [JSON.stringify({ ...options, redisPort: proxy.port })], {
    execArgv: ["--import", "tsx"],
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const perform = talkTo(child, notice);
  const kill = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return { name, port, proxy, perform, kill };
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: Parameters<Notice>[0];
  readonly about?: unknown;
}

function talkTo(child: ChildProcess, notice: Notice): Member["perform"] {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on("message", ({ id, result, error, event, about }: Reply) => {
    if (event !== undefined) return notice(event, about);
    const waiter = waiting.get(id!);
    waiting.delete(id!);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(error));
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the node was killed"));
    waiting.clear();
  });
  return (command) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error("the node was killed"));
      waiting.set(++last, { resolve, reject });
      child.send({ id: last, command });
    });
}
