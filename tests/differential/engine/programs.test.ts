import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";
import type { Engine, EngineSocket } from "../../conformance/engine/engine.ts";
import { MAKERS } from "../../conformance/engine/makers.ts";
import { describe, differenceOf, shrunk, type Subject } from "../programs.ts";
import { client } from "./client/subject.ts";
import { server } from "./server/subject.ts";

/* Programs of seeds, with our engine and with upstream's; main.ts beside this runs others. */

const FIRST = 1;
const PROGRAMS = 20;
/** Each of the client takes longer. */
const CLIENT_PROGRAMS = 10;

suite("the same program with our engine and with upstream's shows the same", () => {
  test(`to listeners and callbacks of the server, and to its peers, seeds ${FIRST} to ${FIRST + PROGRAMS - 1}`, () =>
    same(server, PROGRAMS));
  test(`to listeners and callbacks of the client, and to its server, seeds ${FIRST} to ${FIRST + CLIENT_PROGRAMS - 1}`, () =>
    same(client, CLIENT_PROGRAMS));
});

async function same<Library, Setting, Act>(subject: Subject<Library, Setting, Act>, programs: number): Promise<void> {
  const libraries = [subject.load("ours"), subject.load("upstream")] as const;
  for (let seed = FIRST; seed < FIRST + programs; seed++) {
    const program = subject.draw(seed);
    const difference = await differenceOf(subject, libraries, program);
    assert.ok(difference === null, `seed ${seed}:\n${difference && describe(program, difference)}`);
  }
}

suite("a fault in the server is found by such programs, and made small:", () => {
  finds("callbacks of what is sent that never come", (socket) => {
    const send = socket.send.bind(socket);
    socket.send = (data, options) => send(data, options);
  });

  finds("a session that says that it is closed by the peer when it was by the server", (socket) => {
    const emit = socket.emit.bind(socket);
    socket.emit = (event, ...args) =>
      emit(event, ...args.map((arg) => (arg === "forced close" ? "transport close" : arg)));
  });
});

type Listener = Parameters<Engine["on"]>[1];

/** @param spoil what the fault makes of each session */
function finds(title: string, spoil: (socket: EngineSocket) => void): void {
  test(title, async () => {
    class Faulty extends MAKERS.ours.Server {
      override on(event: string, listener: Listener): this {
        if (event !== "connection") return super.on(event, listener);
        return super.on(event, (socket: EngineSocket) => {
          spoil(socket);
          listener(socket);
        });
      }
    }
    const libraries = [{ Server: Faulty as new (options: object) => Engine }, MAKERS.ours] as never;
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = server.draw(seed);
      if ((await differenceOf(server, libraries, program)) === null) continue;
      const { steps } = await shrunk(server, libraries, program);
      return assert.ok(steps.length <= 4, `${steps.length} steps`);
    }
    assert.fail("nobody can tell them apart");
  });
}
