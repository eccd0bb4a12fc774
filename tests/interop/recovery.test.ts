import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { loadClient, loadServer, type Maker } from "./implementations.js";
import { type ClientOptions, Stage, type TransportMode } from "./stage.js";

// What upstream's server does not do; see behaviours/recovery.ts for what both do.

const eager: ClientOptions = { reconnectionDelay: 5, reconnectionDelayMax: 40, randomizationFactor: 0 };

for (const maker of ["ours", "upstream"] satisfies Maker[]) {
  for (const transport of ["polling", "websocket"] satisfies TransportMode[]) {
    describe(`${maker} client on our server over ${transport}`, () => {
      const cell = { server: loadServer("ours"), client: loadClient(maker), transport };

      test("a client whose old connection is half-open takes over: nothing is lost, nothing comes twice", () =>
        Stage.run(cell, async (stage) => {
          const io = await stage.serve({ connectionStateRecovery: {} });
          const proxy = await stage.proxy();
          const { client, server } = await stage.pair(io, "/", { ...eager, reconnection: true, port: proxy.port });
          await server.join("room");
          const first = stage.event(client, "first");
          io.emit("first");
          await first;
          await stage.writable(server);
          const { id } = client;
          const heard: unknown[] = [];
          client.onAny((...args: unknown[]) => heard.push(args.slice(0, -1)));
          // Both ends see a connection, and nothing comes through.
          proxy.halfOpen();
          proxy.forward();
          for (let n = 0; n < 5; n++) io.to("room").emit("n", n, Buffer.from([n]));
          const fenced = stage.event(server, "disconnect");
          const back = stage.event(client, "connect");
          client.io.engine.close();
          await back;
          const [reason] = await fenced;
          // Over polling the client says goodbye by a new connection, which may be faster than its return.
          if (transport === "websocket" || reason !== "transport close") assert.equal(reason, "forced close");
          assert.equal(server.conn.readyState, "closed");
          assert.deepEqual([client.recovered, client.id], [true, id]);
          const again = stage.serverHalf(io, client);
          assert.notEqual(again, server);
          assert.equal(io.sockets.sockets.size, 1);
          const last = stage.event(client, "last");
          io.to("room").emit("last");
          await last;
          assert.deepEqual(heard, [...Array.from({ length: 5 }, (_, n) => ["n", n, Buffer.from([n])]), ["last"]]);
        }));

      test("a quiet client recovers after others have been sent more than is kept", () =>
        Stage.run(cell, async (stage) => {
          const io = await stage.serve({ connectionStateRecovery: { maxPackets: 5 } });
          const { client, server } = await stage.pair(io, "/", { ...eager, reconnection: true });
          const other = await stage.pair(io);
          const first = stage.event(client, "first");
          server.emit("first");
          await first;
          for (let n = 0; n < 10; n++) other.server.emit("n", n);
          await stage.writable(server);
          const back = stage.event(client, "connect");
          const missed = stage.event(client, "missed");
          server.on("disconnect", () => io.emit("missed"));
          server.conn.close();
          await back;
          assert.equal(client.recovered, true);
          await missed;
        }));

      test("who was refused by a middleware on return has no session any more", () =>
        Stage.run(cell, async (stage) => {
          const io = await stage.serve({ connectionStateRecovery: { skipMiddlewares: false } });
          let open = true;
          io.use((_socket, next) => next(open ? undefined : new Error("closed")));
          const { client, server } = await stage.pair(io, "/", { ...eager, reconnection: true });
          const first = stage.event(client, "first");
          server.emit("first");
          await first;
          await stage.writable(server);
          open = false;
          const refused = stage.event(client, "connect_error");
          server.conn.close();
          await refused;
          open = true;
          client.connect();
          await stage.connected(client);
          assert.equal(client.recovered, false);
        }));
    });
  }
}
