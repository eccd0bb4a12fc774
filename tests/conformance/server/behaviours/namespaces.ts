import assert from "node:assert/strict";
import type { Namespace } from "socket.io";
import { until } from "../../../support/until.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

type Answer = (error: Error | null, allow: boolean) => void;

/** How namespaces are found and made. */
export const namespaces: Behaviours = {
  "of adds a missing slash, takes numbers, and else takes the name as it is": (stage) => {
    const io = stage.create();
    assert.equal(io.of("admin").name, "/admin");
    assert.equal(io.of("/admin"), io.of("admin"));
    assert.equal(io.of(""), io.sockets);
    assert.equal(io.of("/"), io.sockets);
    assert.equal(io.of(5 as unknown as string).name, "/5");
    for (const name of ["/a?b=c", "/a.b/c", "//a", "/a/", "/ä b"]) {
      assert.equal(io.of(name).name, name);
      assert.equal(io.of(name), io.of(name));
    }
    assert.notEqual(io.of("/a"), io.of("/a/"));
  },

  "of: a new name is a child of the first regular expression that matches, else a plain namespace": (stage) => {
    const io = stage.create();
    const plain = io.of("/dyn-0");
    const [first, second] = [io.of(/^\/dyn-\d$/), io.of(/^\/dyn-/)];
    const [one, many, other] = [io.of("dyn-1"), io.of("/dyn-many"), io.of("/other")];
    assert.deepEqual([...childrenOf(first)], [one]);
    assert.deepEqual([...childrenOf(second)], [many]);
    assert.equal(io.of("/dyn-0"), plain);
    assert.equal(io.of("/dyn-1"), one);
    for (const nsp of [plain, one, many, other]) {
      assert.ok(nsp instanceof stage.library.Namespace);
      assert.equal(io._nsps.get(nsp.name), nsp);
    }
  },

  "of does not ask functions": (stage) => {
    const io = stage.create();
    const parent = io.of(() => assert.fail("not asked"));
    io.of("/x");
    assert.equal(childrenOf(parent).size, 0);
  },

  "new_namespace tells of each namespace that is made, plain or dynamic, but not of / and not of parents": async (
    stage,
  ) => {
    const io = await stage.serve();
    const told: unknown[][] = [];
    io.on("new_namespace", (...args) => told.push(args));
    for (const nsp of [io.of("/listens"), io.of(/^\/dyn-/)]) {
      nsp.on("new_namespace" as never, (() => assert.fail("told on / alone")) as never);
    }
    io.of("/a");
    io.of("/a");
    io.of("/");
    io.of(/^\/never$/);
    io.of("/dyn-1");
    const peer = await stage.peer();
    await peer.join("/dyn-2");
    const expected = ["/listens", "/a", "/dyn-1", "/dyn-2"].map((name) => [io._nsps.get(name)]);
    assert.deepEqual(told, expected);
  },

  "of gives a parent of its own for each regular expression or function, with a name that no other has": (stage) => {
    const [io, other] = [stage.create(), stage.create()];
    const regex = /^\/x/;
    const accept = (_name: string, _auth: object, next: Answer): void => next(null, true);
    const parents = [io.of(regex), io.of(regex), io.of(accept), io.of(accept), other.of(regex)];
    const names = parents.map(({ name }) => name);
    assert.equal(new Set(names).size, parents.length);
    const numbers = names.map((name) => Number(/^\/_(\d+)$/.exec(name)?.[1]));
    numbers.forEach((number, index) => assert.equal(number, numbers[0]! + index));
    assert.deepEqual([...io._nsps.keys()], ["/"]);
  },

  "of refuses regular expressions that keep a position": (stage) => {
    const io = stage.create();
    for (const regex of [/a/g, /a/y, /a/gi]) {
      assert.throws(() => io.of(regex), { message: "stateful regular expressions are not supported" });
    }
    io.of(/a/imu);
  },

  "of adds its function as a listener for connect": async (stage) => {
    const io = await stage.serve();
    const log: unknown[] = [];
    const listener = (socket: { id: string }): void => void log.push(socket.id);
    const plain = io.of("/plain", listener as never);
    const parent = io.of(/^\/dyn-/, listener as never);
    for (const nsp of [plain, parent]) {
      assert.deepEqual([nsp.listeners("connect"), nsp.listenerCount("connection")], [[listener], 0]);
    }
    const { socket } = await stage.join(plain);
    const peer = await stage.peer();
    const { sid } = await peer.join("/dyn-1");
    assert.deepEqual(log, [socket.id, sid]);
  },

  "a client makes the child namespaces that it asks for and a regular expression matches, and no others": async (
    stage,
  ) => {
    const io = await stage.serve();
    const parent = io.of(/^\/dyn-\d+$/);
    const peer = await stage.peer();
    assert.equal(await peer.ask("/dyn-x"), '4/dyn-x,{"message":"Invalid namespace"}');
    await peer.join("/dyn-1");
    const other = await stage.peer();
    await other.join("/dyn-1");
    assert.deepEqual([...childrenOf(parent)], [io._nsps.get("/dyn-1")]);
    assert.equal(io._nsps.get("/dyn-1")!.sockets.size, 2);
  },

  "a function is asked with the name, the auth payload and a callback; an error or a no asks the next": async (
    stage,
  ) => {
    const io = await stage.serve();
    const asked: unknown[][] = [];
    const answering =
      (error: Error | null, allow: boolean) =>
      (...args: [string, object, Answer]): void => {
        asked.push(args.slice(0, -1));
        args[2](error, allow);
      };
    io.of(answering(new Error("no"), true));
    io.of(answering(null, false));
    io.of(/^\/no$/);
    const accepting = io.of(answering(null, true));
    io.of(answering(null, true));
    const peer = await stage.peer();
    await peer.join("/x", { token: 1 });
    await peer.join("/y");
    assert.deepEqual(
      asked.slice(0, 3),
      Array.from({ length: 3 }, () => ["/x", { token: 1 }]),
    );
    assert.deepEqual(
      asked.slice(3),
      Array.from({ length: 3 }, () => ["/y", {}]),
    );
    assert.deepEqual(
      [...childrenOf(accepting)].map(({ name }) => name),
      ["/x", "/y"],
    );
  },

  "a function may answer later; where nobody says yes, the namespace is invalid": async (stage) => {
    const io = await stage.serve();
    const parent = io.of((name, _auth, next) => void setImmediate(() => next(null, name === "/x")));
    const peer = await stage.peer();
    await peer.join("/x");
    assert.equal(await peer.ask("/y"), '4/y,{"message":"Invalid namespace"}');
    assert.equal(childrenOf(parent).size, 1);
  },

  "namespaces that there are win over functions and regular expressions, children as well": async (stage) => {
    const io = await stage.serve();
    let asked = 0;
    const parent = io.of((_name, _auth, next) => {
      asked++;
      next(null, true);
    });
    const plain = io.of("/plain");
    await stage.join(plain);
    await stage.join(io);
    assert.equal(asked, 0);
    for (let times = 0; times < 2; times++) await (await stage.peer()).join("/child");
    assert.equal(asked, 1);
    assert.deepEqual(
      [...childrenOf(parent)].map(({ name }) => name),
      ["/child"],
    );
    assert.equal(io.of("/child").sockets.size, 2);
  },

  "a child that was made while the function thought is used again": async (stage) => {
    const io = await stage.serve();
    const answers: Answer[] = [];
    const parent = io.of((_name, _auth, next) => void answers.push(next));
    const peers = [await stage.peer(), await stage.peer()];
    for (const peer of peers) peer.send("0/x,");
    await until(() => answers.length >= 2);
    for (const answer of answers) answer(null, true);
    for (const peer of peers) assert.match(String(await peer.next()), /^0\/x,\{"sid":/);
    assert.equal(childrenOf(parent).size, 1);
    assert.equal(io.of("/x").sockets.size, 2);
  },

  "connect and then connection are emitted with the socket, after the answer was queued": async (stage) => {
    const io = await stage.serve();
    const log: unknown[][] = [];
    const peer = await stage.peer();
    for (const name of ["connection", "connect"] as const) {
      io.on(name, (...args) => {
        log.push([name, ...args]);
        args[0].emit("in", name);
      });
    }
    const { socket } = await stage.join(io, undefined, peer);
    assert.deepEqual(log, [
      ["connect", socket],
      ["connection", socket],
    ]);
    // They come after the answer, which has been read.
    assert.deepEqual(await peer.receive(2), ['2["in","connect"]', '2["in","connection"]']);
  },

  "what other servers emit reaches the listeners of the namespace, those of / by the server as well": (stage) => {
    const io = stage.create();
    const log: unknown[][] = [];
    io.on("hi" as never, ((...args: unknown[]) => log.push(["/", ...args])) as never);
    io.of("/a").on("hi" as never, ((...args: unknown[]) => log.push(["/a", ...args])) as never);
    insides(io.sockets)._onServerSideEmit(["hi", 1, "two"]);
    insides(io.of("/a"))._onServerSideEmit(["hi", 3]);
    assert.deepEqual(log, [
      ["/", 1, "two"],
      ["/a", 3],
    ]);
  },
};

/** The types tell of no children: parents are namespaces to users. */
export function childrenOf(nsp: Namespace): Set<Namespace> {
  return insides(nsp).children as Set<Namespace>;
}
