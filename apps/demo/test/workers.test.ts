import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { io, type Socket } from "socket.io-client";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

const withoutProc = process.platform === "linux" ? false : "processes are found by /proc";

interface Message {
  text: string;
}

describe("the chat in three processes", { timeout: 60_000 }, () => {
  let primary: ChildProcess;
  let url: string;
  const people: Socket[] = [];
  before(async () => {
    [primary, url] = await start("3");
  });
  after(() => primary.kill("SIGKILL"));

  /** Somebody in the lobby, whose requests go from process to process. */
  async function enter(name: string): Promise<Socket> {
    const socket = io(url, { transports: ["polling"], forceNew: true, auth: { name }, reconnectionDelay: 10 });
    await once(socket as never, "connect");
    people.push(socket);
    return socket;
  }

  const join = (socket: Socket): Promise<unknown> => socket.emitWithAck("join", { room: "lobby", after: null });

  /** Resolves once this person sees exactly those, whatever the order. */
  function sees(socket: Socket, names: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      socket.on("people", (present: { name: string }[]) => {
        if (
          present
            .map(({ name }) => name)
            .toSorted()
            .join() === names.toSorted().join()
        )
          resolve();
      });
    });
  }

  test("everybody sees everybody, hears what is said, and gets what was said before", async () => {
    const names = ["Ada", "Bo", "Cy", "Di"];
    const sockets: Socket[] = [];
    for (const name of names) sockets.push(await enter(name));
    const all = sockets.map((socket) => sees(socket, names));
    for (const socket of sockets) assert.deepEqual(await join(socket), { ok: true, room: "lobby" });
    await Promise.all(all);
    const heard = sockets.slice(1).map((socket) => once(socket as never, "message") as Promise<[Message]>);
    const message = { id: "12345678-1234-4123-8123-123456789abc", room: "lobby", text: "Hello", picture: null };
    assert.equal((await sockets[0]!.emitWithAck("message", message)).ok, true);
    for (const [{ text }] of await Promise.all(heard)) assert.equal(text, "Hello");
    for (const name of ["Ed", "Flo", "Gus"]) {
      const late = await enter(name);
      const history = once(late as never, "message") as Promise<[Message]>;
      await join(late);
      assert.equal((await history)[0].text, "Hello", name);
    }
  });

  test(
    "the people of processes that are killed leave, and others take their place",
    { skip: withoutProc },
    async () => {
      const left = people.map((socket) => new Promise((resolve) => socket.once("disconnect", () => resolve(socket))));
      // Two of three: nobody knows who has whom, but not all have come to the third.
      const killed = workersOf(primary).slice(0, 2);
      for (const worker of killed) process.kill(worker, "SIGKILL");
      const first = (await Promise.race(left)) as Socket;
      assert.equal(first.active, true, "it comes back by itself");
      const guest = await enter("Hal");
      // Those who come back have to join again, as the page does; here nobody does.
      const fewer = new Promise<void>((resolve) => {
        guest.on("people", (present: unknown[]) => {
          if (present.length < people.length) resolve();
        });
      });
      await join(guest);
      await fewer;
      const replaced = (): boolean => {
        const running = workersOf(primary);
        return running.length === 3 && !running.some((worker) => killed.includes(worker));
      };
      while (!replaced()) await guest.emitWithAck("round-trip");
    },
  );

  test("a signal ends all of it", async () => {
    for (const socket of people) socket.disconnect();
    const ended = once(primary, "exit");
    primary.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  });
});

test("a wrong number of workers is an error", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, "--workers", "many"]);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  assert.deepEqual(await once(child, "close"), [1, null]);
  assert.match(errors, /--workers takes a number, as in --workers 4/);
});

async function start(workers: string): Promise<[ChildProcess, string]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, "--workers", workers], {
    env: { ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const [, address] = /chat is at (\S+)/.exec(printed) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once("exit", () => reject(new Error(`it ended: ${printed}`)));
  });
  return [child, url];
}

function workersOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}
