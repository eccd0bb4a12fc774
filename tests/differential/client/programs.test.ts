import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import type { ClientLibrary } from "../../interop/implementations.ts";
import { describe, differenceOf, shrunk } from "../programs.ts";
import { client } from "./subject.ts";

/* Programs of seeds, with our client and with upstream's; main.ts beside this runs others. */

const FIRST = 61;
const PROGRAMS = 50;

const ours = client.load("ours");
const upstream = client.load("upstream");

suite("the same program with both clients", () => {
  test(`shows the same to all listeners, callbacks and servers, seeds ${FIRST} to ${FIRST + PROGRAMS - 1}`, async () => {
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = client.draw(seed);
      const difference = await differenceOf(client, [ours, upstream], program);
      assert.ok(difference === null, `seed ${seed}:\n${difference && describe(program, difference)}`);
    }
  });
});

suite("a fault in the client is found by such programs, and made small:", () => {
  finds("acknowledgements that are missed 1 ms too late", ({ ackTimeout, ...options }) => ({
    ...options,
    ...(ackTimeout !== undefined && { ackTimeout: ackTimeout + 1 }),
  }));

  finds(
    "events that are forgotten when the connection ends",
    (options) => options,
    (socket) => void socket.on("disconnect", () => (socket.sendBuffer = [])),
  );
});

type Options = Partial<ManagerOptions & SocketOptions>;

/** @param options,socket what the fault makes of them */
function finds(title: string, options: (given: Options) => Options, socket: (made: Socket) => void = () => {}): void {
  test(title, async () => {
    const io = (uri: string, given: Options): Socket => {
      const made = ours.io(uri, options(given));
      socket(made);
      return made;
    };
    const faulty = { ...ours, io } as ClientLibrary;
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = client.draw(seed);
      if ((await differenceOf(client, [faulty, ours], program)) === null) continue;
      const { steps } = await shrunk(client, [faulty, ours], program);
      return assert.ok(steps.length <= 8, `${steps.length} steps`);
    }
    assert.fail("nobody can tell them apart");
  });
}
