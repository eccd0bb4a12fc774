import assert from "node:assert/strict";
import type { ExtendedError, Server, Socket } from "socket.io";
import { RawWebSocket } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

/** From the CONNECT packet to the listeners. */
export const connection: Behaviours = {
  "an unknown namespace is refused without data, and the connection stays open": async (stage) => {
    const io = await stage.serve();
    const peer = await stage.peer();
    assert.equal(await peer.ask("/nope"), '4/nope,{"message":"Invalid namespace"}');
    await stage.join(io, undefined, peer);
  },

  "what no function and no regular expression allows is unknown, and gives no namespace": async (stage) => {
    const io = await stage.serve();
    io.of(/^\/dyn-/);
    io.of((_name, _auth, next) => next(null, false));
    const peer = await stage.peer();
    assert.equal(await peer.ask("/nope", { token: 1 }), '4/nope,{"message":"Invalid namespace"}');
    assert.deepEqual([...io._nsps.keys()], ["/"]);
  },

  "the payload of CONNECT is the auth of the handshake, an empty object where there is none": async (stage) => {
    const io = await stage.serve();
    assert.deepEqual((await stage.join(io, { token: "x", deep: [1] })).socket.handshake.auth, {
      token: "x",
      deep: [1],
    });
    assert.deepEqual((await stage.join(io)).socket.handshake.auth, {});
  },

  "a socket in the middlewares is not connected and not in the namespace, but it can join rooms already": async (
    stage,
  ) => {
    const io = await stage.serve();
    const seen: unknown[] = [];
    io.use((socket, next) => {
      void socket.join("early");
      seen.push(socket.connected, io.sockets.sockets.has(socket.id), preConnect(io).get(socket.id) === socket);
      seen.push([...socket.rooms]);
      next();
    });
    const { socket, peer } = await stage.join(io);
    assert.deepEqual(seen, [false, false, true, ["early"]]);
    assert.deepEqual([...socket.rooms], ["early", socket.id]);
    io.to("early").emit("hi");
    assert.equal(await peer.next(), '2["hi"]');
  },

  "middlewares run one after the other, each with the socket, and may take their time": async (stage) => {
    const io = await stage.serve();
    const log: unknown[] = [];
    let goOn = (): void => {};
    const waiting = new Promise<Socket>((resolve) => {
      io.use((socket, next) => {
        log.push("first");
        goOn = next;
        resolve(socket);
      });
    });
    io.use((socket, next) => {
      log.push(["second", socket.id]);
      next();
    });
    io.on("connection", () => log.push("connection"));
    const peer = await stage.peer();
    peer.send("0");
    const { id } = await waiting;
    assert.deepEqual(await peer.sofar(), []);
    assert.deepEqual(log, ["first"]);
    goOn();
    assert.equal(await peer.next(), `0{"sid":"${id}"}`);
    assert.deepEqual(log, ["first", ["second", id], "connection"]);
  },

  "an error given to next refuses, with its message and its data, and stops": async (stage) => {
    const io = await stage.serve();
    const refusals: Record<string, unknown> = {
      "/plain": new Error("no"),
      "/data": Object.assign(new Error("no"), { data: { retry: [5] } }),
      "/own": { message: "own", data: 1, more: 2 },
      "/text": "text",
    };
    for (const [name, refusal] of Object.entries(refusals)) {
      io.of(name).use((_socket, next) => next(refusal as ExtendedError));
      io.of(name).use(() => assert.fail("is not asked"));
      io.of(name).on("connection", () => assert.fail("is not let in"));
    }
    const peer = await stage.peer();
    assert.equal(await peer.ask("/plain"), '4/plain,{"message":"no"}');
    assert.equal(await peer.ask("/data"), '4/data,{"message":"no","data":{"retry":[5]}}');
    assert.equal(await peer.ask("/own"), '4/own,{"message":"own","data":1}');
    assert.equal(await peer.ask("/text"), "4/text,{}");
    for (const name of Object.keys(refusals)) {
      assert.equal(io.of(name).sockets.size + insides(io.of(name))._preConnectSockets.size, 0);
    }
    await stage.join(io, undefined, peer);
  },

  "a client that was refused may ask again over the same connection": async (stage) => {
    const io = await stage.serve();
    io.use((socket, next) => next(socket.handshake.auth["ok"] === true ? undefined : new Error("no")));
    const peer = await stage.peer();
    await peer.ask();
    await stage.join(io, { ok: true }, peer);
  },

  "clients of Socket.IO 2 are refused with the data alone, or with the message alone": async (stage) => {
    const io = await stage.serve({ allowEIO3: true });
    io.of("/data").use((_socket, next) => next(Object.assign(new Error("no"), { data: { retry: 5 } })));
    io.of("/plain").use((_socket, next) => next(new Error("no")));
    const peer = new RawWebSocket(stage.port(), "?EIO=3&transport=websocket");
    stage.defer(() => peer.terminate());
    await peer.opened();
    const [, joined] = await peer.receive(2);
    assert.equal(joined, "40");
    peer.send("40/data,", "40/plain,");
    assert.deepEqual(await peer.receive(2), ['44/data,{"retry":5}', '44/plain,"no"']);
  },

  "a middleware that never answers leaves the client waiting until connectTimeout": async (stage) => {
    const io = await stage.serve({ connectTimeout: 1000 });
    io.use(() => {});
    const peer = await stage.peer();
    peer.send("0");
    stage.clock.advance(999);
    assert.deepEqual(await peer.sofar(), []);
    assert.equal(preConnect(io).size, 1);
    stage.clock.advance(1);
    assert.match(String(await peer.next()), /^closed/);
  },

  "a middleware that never answers keeps a client with another namespace waiting, until it goes": async (stage) => {
    const io = await stage.serve({ connectTimeout: 1000, pingInterval: 1_000_000 });
    io.of("/never").use(() => {});
    const { socket, peer } = await stage.join(io);
    peer.send("0/never,");
    await peer.sofar();
    stage.clock.advance(100_000);
    assert.deepEqual(await peer.sofar(), []);
    const gone = stage.event(socket, "disconnect");
    peer.terminate();
    await gone;
  },

  "a middleware that throws, or whose promise rejects, refuses": {
    upstreamDiffers: "Q-26",
    run: async (stage) => {
      const rejections = stage.unhandledRejections;
      const io = await stage.serve({ connectTimeout: 1000 });
      io.of("/throws").use(() => {
        throw new Error("thrown");
      });
      io.of("/rejects").use((() => Promise.reject(new Error("rejected"))) as never);
      const peer = await stage.peer();
      peer.send("0/throws,", "0/rejects,");
      const answers = [...(await peer.sofar()), ...(await peer.sofar())].map((answer) =>
        /^4\/\w+,\{"message":/.test(String(answer)),
      );
      assert.deepEqual(answers, [true, true]);
      assert.deepEqual(rejections, []);
    },
  },

  "one tick passes between the last next and the connection": async (stage) => {
    const io = await stage.serve();
    const log: string[] = [];
    io.use((_socket, next) => {
      process.nextTick(() => log.push("asked before"));
      next();
      log.push("next returned");
      process.nextTick(() => log.push("asked after"));
    });
    io.on("connection", () => log.push("connection"));
    await stage.join(io);
    assert.deepEqual(log, ["next returned", "asked before", "connection", "asked after"]);
  },

  "a connection that is not open any more when the middlewares have agreed is dropped without a word": async (
    stage,
  ) => {
    for (const transport of ["websocket", "polling"] as const) {
      const io = await stage.serve();
      const log: unknown[] = [];
      let last: Socket | undefined;
      io.use((socket, next) => {
        last = socket;
        void socket.join("room");
        for (const event of ["disconnecting", "disconnect"]) socket.on(event, () => log.push(event));
        next();
        socket.conn.close();
      });
      for (const event of ["connect", "connection"] as const) io.on(event, () => log.push(event));
      if (transport === "websocket") {
        const peer = await stage.peer();
        peer.send("0");
        assert.match(String(await peer.next()), /^closed/);
      } else {
        const polling = await stage.polling();
        await polling.post("40");
      }
      await stage.quiet();
      assert.deepEqual(log, []);
      assert.equal(last!.connected, false);
      assert.deepEqual([io.sockets.sockets.size, preConnect(io).size, io.sockets.adapter.rooms.size], [0, 0, 0]);
    }
  },

  "a socket that is let in is connected, in its namespace, in a room of its own and known to its client": async (
    stage,
  ) => {
    const io = await stage.serve();
    const seen: unknown[] = [];
    const look = (event: string) => (socket: Socket) => {
      const { sockets, nsps } = insides(socket.client);
      seen.push(event, socket.connected, io.sockets.sockets.get(socket.id) === socket, [...socket.rooms]);
      seen.push(preConnect(io).has(socket.id), sockets.get(socket.id) === socket, nsps.get("/") === socket);
    };
    io.on("connection", look("connection"));
    io.on("connect", look("connect"));
    const { socket } = await stage.join(io);
    const facts = [true, true, [socket.id], false, true, true];
    assert.deepEqual(seen, ["connect", ...facts, "connection", ...facts]);
  },

  "the answer holds the id alone, and comes before all that the listeners send": async (stage) => {
    const io = await stage.serve();
    io.on("connect", (socket) => socket.emit("from connect"));
    io.on("connection", (socket) => socket.emit("from connection"));
    const peer = await stage.peer();
    peer.send("0");
    const [answer, ...rest] = await peer.receive(3);
    const { id } = [...io.sockets.sockets.values()][0]!;
    assert.equal(answer, `0{"sid":"${id}"}`);
    assert.deepEqual(rest, ['2["from connect"]', '2["from connection"]']);
  },

  "events are dispatched a tick after they were decoded": async (stage) => {
    const io = await stage.serve();
    const log: string[] = [];
    io.on("connection", (socket) => {
      socket.conn.on("data", () => log.push("decoded"));
      socket.on("x", () => log.push("dispatched"));
    });
    const polling = await stage.polling();
    await polling.post("40");
    await polling.receive(1);
    log.splice(0);
    // One body: both are decoded at once.
    await polling.post('42["x"]', '42["x"]');
    await stage.quiet();
    assert.deepEqual(log, ["decoded", "decoded", "dispatched", "dispatched"]);
  },

  "another tick passes between the middlewares of the socket and the listeners": async (stage) => {
    const io = await stage.serve();
    const log: string[] = [];
    const done = new Promise<void>((resolve) => {
      io.on("connection", (socket) => {
        socket.use((_event, next) => {
          process.nextTick(() => log.push("asked before"));
          next();
          log.push("next returned");
          process.nextTick(() => {
            log.push("asked after");
            resolve();
          });
        });
        socket.on("x", () => log.push("listener"));
      });
    });
    const { peer } = await stage.join(io);
    peer.emit("x");
    await done;
    assert.deepEqual(log, ["next returned", "asked before", "listener", "asked after"]);
  },

  "events reach the listeners in the order in which they were sent": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const log: unknown[] = [];
    for (const name of ["a", "b"]) socket.on(name, (...args) => log.push([name, ...args]));
    const last = stage.event(socket, "last");
    peer.emit("a", 1);
    peer.emit("b", 2);
    peer.emit("a", 3);
    peer.emit("last");
    await last;
    assert.deepEqual(log, [
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ]);
  },

  "what ends the connection during the middlewares gives no event": async (stage) => {
    const ends: Record<string, (io: Server, socket: Socket) => unknown> = {
      "io.close()": (io) => io.close(),
      "ping timeout": () => stage.clock.advance(100_000),
      "conn.close()": (_io, socket) => socket.conn.close(),
      "the client goes": (_io, socket) =>
        (socket.conn.transport as unknown as { socket: { terminate(): void } }).socket.terminate(),
    };
    for (const [name, end] of Object.entries(ends)) {
      const io = await stage.serve({ connectTimeout: 1_000_000 });
      const log: unknown[] = [];
      let agree = (): void => {};
      const arrived = new Promise<Socket>((resolve) => {
        io.use((socket, next) => {
          for (const event of ["disconnecting", "disconnect"]) socket.on(event, () => log.push([name, event]));
          agree = next;
          resolve(socket);
        });
      });
      io.on("connection", () => log.push([name, "connection"]));
      const peer = await stage.peer();
      peer.send("0");
      const socket = await arrived;
      const closed = stage.event(socket.conn, "close");
      await end(io, socket);
      await closed;
      agree();
      await stage.quiet();
      assert.deepEqual(log, []);
      assert.deepEqual([preConnect(io).size, io.sockets.sockets.size], [0, 0], name);
    }
  },
};

function preConnect(io: Server): Map<string, Socket> {
  return insides(io.sockets)._preConnectSockets as Map<string, Socket>;
}
