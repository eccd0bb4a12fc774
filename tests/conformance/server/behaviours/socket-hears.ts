import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Behaviours } from "../behaviour.ts";

/** What a socket of the server hears, in which order (rows S-150, S-151, S-153, S-155 to S-158). */
export const socketHears: Behaviours = {
  "middlewares of a socket see its events in order, and may change and refuse them": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const log: unknown[] = [];
    const middleware = (event: unknown[], next: (error?: Error) => void): void => {
      if (event[0] !== "end") log.push(["first", ...event]);
      event.push("added");
      next();
    };
    assert.equal(socket.use(middleware), socket);
    socket.use((event, next) => next(event[0] === "bad" ? new Error("no") : undefined));
    socket.on("good", (...args) => log.push(["good", ...args]));
    socket.on("bad", () => log.push("bad"));
    socket.on("error", (error) => log.push(error.message));
    peer.emit("good", 1);
    peer.emit("bad");
    peer.emit("good", 2);
    peer.emit("end");
    await stage.event(socket, "end");
    const seen = log.filter((entry) => Array.isArray(entry) && entry[0] === "first");
    const heard = log.filter((entry) => !seen.includes(entry));
    assert.deepEqual(seen, [
      ["first", "good", 1],
      ["first", "bad"],
      ["first", "good", 2],
    ]);
    assert.deepEqual(heard, [["good", 1, "added"], "no", ["good", 2, "added"]]);
  },

  "a middleware of a socket may take its time": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    socket.use((_event, next) => setImmediate(next));
    peer.emit("a", 1);
    assert.deepEqual(await stage.event(socket, "a"), [1]);
  },

  "catch-all listeners come before the middlewares, hear what those refuse, and get the answering function": async (
    stage,
  ) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const log: unknown[] = [];
    socket.use((event, next) => {
      log.push(`middleware ${event[0]}`);
      next(event[0] === "bad" ? new Error("no") : undefined);
    });
    socket.on("good", () => log.push("listener"));
    socket.on("error", () => log.push("error"));
    socket.onAny((name, ...args) => log.push(["any", name, ...args.map((arg) => typeof arg)]));
    peer.send('2["bad",1]', '25["good","x"]');
    await stage.event(socket, "good");
    assert.deepEqual(
      log.filter((entry) => Array.isArray(entry)),
      [
        ["any", "bad", "number"],
        ["any", "good", "string", "function"],
      ],
    );
    assert.deepEqual(log.slice(0, 2), [["any", "bad", "number"], "middleware bad"]);
    assert.ok(log.indexOf("error") > 1);
    assert.equal(log.at(-1), "listener");
  },

  "catch-all listeners are called once for each time they were added": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    assert.deepEqual(socket.listenersAny(), []);
    const log: string[] = [];
    const listener = (): unknown => log.push("twice");
    assert.equal(socket.onAny(listener), socket);
    socket.onAny(listener);
    assert.equal(
      socket.prependAny(() => log.push("first")),
      socket,
    );
    peer.emit("a");
    await stage.event(socket, "a");
    assert.deepEqual(log, ["first", "twice", "twice"]);
    const live = socket.listenersAny();
    assert.equal(socket.offAny(listener), socket);
    assert.equal(live.length, 2);
    socket.onAny(listener);
    assert.equal(live.length, 3);
    assert.equal(socket.offAny(), socket);
    assert.deepEqual(socket.listenersAny(), []);
  },

  "a socket is an EventEmitter with all its methods": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    assert.ok(socket instanceof EventEmitter);
    assert.equal(socket.setMaxListeners(30), socket);
    assert.equal(socket.getMaxListeners(), 30);
    const listener = (): void => {};
    socket.on("a", listener).once("a", listener).prependListener("b", listener).addListener("b", listener);
    assert.deepEqual([socket.listenerCount("a"), socket.listeners("b")], [2, [listener, listener]]);
    assert.deepEqual(socket.eventNames(), ["error", "a", "b"] as never);
    socket.off("a", listener).removeListener("b", listener).removeAllListeners("b");
    assert.deepEqual([socket.listenerCount("a"), socket.listenerCount("b")], [1, 0]);
    // RxJS and others choose by these names.
    assert.deepEqual(["addEventListener" in socket, "removeEventListener" in socket], [false, false]);
  },

  "an error that nobody listens for harms nobody": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    assert.equal(socket.listenerCount("error"), 1);
    peer.emit("error", "from the client");
    peer.emit("a");
    await stage.event(socket, "a");
    assert.equal(socket.connected, true);
  },

  "disconnecting comes with the rooms, disconnect without, and connected between them": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    await stage.join(io.of("/other"), undefined, peer);
    void socket.join("r");
    const log: unknown[] = [];
    for (const name of ["disconnecting", "disconnect"] as const) {
      socket.on(name, (reason, description) =>
        log.push([name, reason, description, [...socket.rooms], socket.connected, io.sockets.sockets.has(socket.id)]),
      );
    }
    const gone = stage.event(socket, "disconnect");
    peer.send("1");
    await gone;
    assert.deepEqual(log, [
      ["disconnecting", "client namespace disconnect", undefined, [socket.id, "r"], true, true],
      ["disconnect", "client namespace disconnect", undefined, [], false, false],
    ]);
    assert.deepEqual(await peer.sofar(), []);
  },

  "error is emitted for refused events, for packets that cannot be decoded, and for events of that name": async (
    stage,
  ) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const other = await stage.join(io.of("/other"), undefined, peer);
    const log: unknown[] = [];
    socket.use((event, next) => next(event[0] === "bad" ? new Error("refused") : undefined));
    socket.on("error", (error) => log.push(error instanceof Error ? error.message : error));
    other.socket.on("error", (error) => log.push(`other: ${error.message}`));
    peer.emit("error", "by name");
    peer.emit("bad");
    peer.emit("a");
    await stage.event(socket, "a");
    assert.deepEqual(log.splice(0), ["by name", "refused"]);
    const gone = stage.event(other.socket, "disconnect");
    peer.send("2{}");
    await gone;
    assert.deepEqual(log, ["invalid payload", "other: invalid payload"]);
  },

  "an answer is sent once, may hold bytes, and any arguments": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    socket.on("a", (value: unknown, answer: (...args: unknown[]) => void) => {
      answer(value, Buffer.from([7]), "three");
      answer("again");
    });
    socket.on("b", (answer: () => void) => answer());
    peer.send('212["a",1]', '20["b"]');
    assert.deepEqual(await peer.receive(3), [
      '61-12[1,{"_placeholder":true,"num":0},"three"]',
      Buffer.from([7]),
      "30[]",
    ]);
    assert.deepEqual(await peer.sofar(), []);
  },

  "events are heard with their arguments, bytes at any depth": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const heard = stage.event(socket, "a");
    peer.send('51-["a",{"deep":[{"_placeholder":true,"num":0}]},null]', Buffer.from([1, 2]));
    assert.deepEqual(await heard, [{ deep: [Buffer.from([1, 2])] }, null]);
  },

  "events in flight when the server disconnects are not delivered": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const log: string[] = [];
    socket.on("kick", () => socket.disconnect());
    socket.on("late", () => log.push("late"));
    const gone = stage.event(socket, "disconnect");
    peer.send('2["kick"]', '2["late"]');
    await gone;
    await stage.quiet();
    assert.deepEqual(log, []);
  },

  "catch-all listeners and middlewares hear what was in flight when the server disconnected": async (stage) => {
    const io = await stage.serve();
    for (const isWatched of [false, true]) {
      const { socket, peer } = await stage.join(io);
      const log: string[] = [];
      socket.onAny((name) => log.push(`any ${name}`));
      if (isWatched) {
        socket.use(([name], next) => {
          log.push(`middleware ${name}`);
          next();
        });
      }
      socket.on("kick", () => socket.disconnect());
      const gone = stage.event(socket, "disconnect");
      peer.send('2["kick"]', '2["late"]');
      await gone;
      await stage.quiet();
      const passed = ["kick", "late"].flatMap((name) => [`any ${name}`, ...(isWatched ? [`middleware ${name}`] : [])]);
      assert.deepEqual(log, passed);
    }
  },

  "an event is not delivered if a catch-all listener or a middleware disconnects the socket; what follows it passes by them":
    async (stage) => {
      const io = await stage.serve();
      for (const where of ["any", "middleware"]) {
        const { socket, peer } = await stage.join(io);
        const log: string[] = [];
        const pass = (kind: string, name: string): void => {
          log.push(`${kind} ${name}`);
          if (kind === where) socket.disconnect();
        };
        socket.onAny((name) => pass("any", name));
        if (where === "middleware") {
          socket.use(([name], next) => {
            pass("middleware", name);
            next();
          });
        }
        for (const name of ["first", "second"]) socket.on(name, () => log.push(`heard ${name}`));
        const gone = stage.event(socket, "disconnect");
        peer.send('2["first"]', '2["second"]');
        await gone;
        await stage.quiet();
        const kinds = where === "any" ? ["any"] : ["any", "middleware"];
        assert.deepEqual(
          log,
          ["first", "second"].flatMap((name) => kinds.map((kind) => `${kind} ${name}`)),
        );
      }
    },
};
