import assert from "node:assert/strict";
import type { Adapter } from "socket.io-adapter";
import type { ServerOptions } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Stage } from "../stage.ts";

/** Options of the server itself; those of the engine are another subject. */
export const options: Behaviours = {
  "path: /socket.io, unless something truthy is given, which loses one trailing slash": (stage) => {
    for (const path of [undefined, "", null] as (string | undefined)[]) {
      assert.equal(stage.create({ path: path! }).path(), "/socket.io");
    }
    assert.equal(stage.create({ path: "/a/" }).path(), "/a");
    assert.equal(stage.create({ path: "/a//" }).path(), "/a/");
    assert.equal(stage.create({ path: "/a/b" }).path(), "/a/b");
  },

  "path: the engine answers below it, and nowhere else": async (stage) => {
    await stage.serve({ path: "/deep/er/" });
    const query = "?EIO=4&transport=polling";
    assert.equal((await stage.ask("GET", `/deep/er/${query}`)).status, 200);
    const elsewhere = stage.ask("GET", `/socket.io/${query}`);
    assert.equal(await stage.stateOf(elsewhere), "pending", "nobody answers");
    elsewhere.catch(() => undefined);
  },

  "path: a stored path is the engine's if no option names one": async (stage) => {
    const io = stage.create();
    io.path("/stored");
    io.attach(await stage.http());
    await stage.join(io, undefined, await stage.peer("", stage.port(), "/stored/"));
  },

  "serveClient: only the literal false turns the bundles off": async (stage) => {
    for (const serveClient of [undefined, null, 0, "", true, false]) {
      const io = await stage.serve({ serveClient: serveClient as boolean });
      assert.equal(io.serveClient(), serveClient !== false);
      const { status } = await stage.ask("GET", "/socket.io/socket.io.js");
      assert.equal(status, serveClient === false ? 400 : 200);
    }
  },

  "adapter: a class, or a function that returns one, is called with new and the namespace": (stage) => {
    const Mine = adapterOf(stage);
    function factory(this: unknown, nsp: unknown): Adapter {
      assert.ok(new.target, "called with new");
      return new Mine(nsp);
    }
    for (const adapter of [Mine, factory as unknown as typeof Mine]) {
      const io = stage.create({ adapter });
      assert.equal(io.adapter(), adapter);
      for (const nsp of [io.of("/"), io.of("/a")]) {
        assert.ok(nsp.adapter instanceof Mine);
        assert.equal(nsp.adapter.nsp, nsp);
      }
    }
  },

  "adapter: in memory by default": (stage) => {
    assert.equal(stage.create().of("/").adapter.constructor, stage.cell.adapter.Adapter);
  },

  "adapter: an arrow function may make it": {
    upstreamDiffers: "Q-4",
    run: (stage) => {
      const Mine = adapterOf(stage);
      let io: ReturnType<typeof stage.create> | undefined;
      assert.doesNotThrow(() => {
        io = stage.create({ adapter: ((nsp: unknown) => new Mine(nsp)) as unknown as typeof Mine });
      });
      assert.ok(io?.of("/").adapter instanceof Mine);
    },
  },

  "parser: one encoder for the server, one decoder for each connection": async (stage) => {
    const { parser } = stage.cell;
    const made = { encoders: 0, decoders: 0 };
    class Encoder extends parser.Encoder {
      constructor() {
        super();
        made.encoders++;
      }
    }
    class Decoder extends parser.Decoder {
      constructor() {
        super();
        made.decoders++;
      }
    }
    const custom = { ...parser, Encoder, Decoder };
    const io = await stage.serve({ parser: custom });
    assert.deepEqual(made, { encoders: 1, decoders: 0 });
    assert.equal(io._parser, custom);
    assert.ok(io.encoder instanceof Encoder);
    io.of("/a");
    const { peer } = await stage.join(io);
    await stage.join(io.of("/a"), undefined, peer);
    await stage.join(io);
    assert.deepEqual(made, { encoders: 1, decoders: 2 });
  },

  "parser: what it makes of packets is what travels": async (stage) => {
    const { parser } = stage.cell;
    class Encoder extends parser.Encoder {
      override encode(
        packet: Parameters<InstanceType<typeof parser.Encoder>["encode"]>[0],
      ): ReturnType<InstanceType<typeof parser.Encoder>["encode"]> {
        return super.encode(packet).map((message: unknown) => `!${String(message)}`);
      }
    }
    class Decoder extends parser.Decoder {
      override add(message: unknown): void {
        super.add(String(message).slice(1));
      }
    }
    const io = await stage.serve({ parser: { ...parser, Encoder, Decoder } });
    const peer = await stage.peer();
    peer.send("!0");
    assert.match(String(await peer.next()), /^!0\{"sid":/);
    io.emit("hi", 1);
    assert.equal(await peer.next(), '!2["hi",1]');
  },

  "connectTimeout: a connection that has joined no namespace by then is closed": async (stage) => {
    const io = await stage.serve({ connectTimeout: 1000 });
    const [silent, joined] = [await stage.peer(), await stage.peer()];
    await stage.join(io, undefined, joined);
    stage.clock.advance(999);
    assert.deepEqual(await silent.sofar(), []);
    stage.clock.advance(1);
    assert.match(String(await silent.next()), /^closed/);
    assert.deepEqual(await joined.sofar(), []);
  },

  "connectTimeout: 45 s by default, for which 0 stands as well": async (stage) => {
    for (const given of [{}, { connectTimeout: 0 }]) {
      const io = await stage.serve({ ...given, pingInterval: 100_000 });
      assert.equal(io.connectTimeout(), 45_000);
      const peer = await stage.peer();
      stage.clock.advance(44_999);
      assert.deepEqual(await peer.sofar(), []);
      stage.clock.advance(1);
      assert.match(String(await peer.next()), /^closed/);
    }
  },

  "connectTimeout: a connection that was refused everywhere is closed as well": async (stage) => {
    await stage.serve({ connectTimeout: 1000 });
    const peer = await stage.peer();
    await peer.ask("/nope");
    stage.clock.advance(1000);
    assert.match(String(await peer.next()), /^closed/);
  },

  "the options that a caller gives are left as they are": {
    upstreamDiffers: "Q-14",
    run: async (stage) => {
      const [given, attached] = [{ path: "/x" }, { pingTimeout: 5 }] as Partial<ServerOptions>[];
      const io = stage.create(given);
      io.attach(await stage.http(), attached);
      assert.deepEqual([given, attached], [{ path: "/x" }, { pingTimeout: 5 }]);
    },
  },

  "the options are kept by reference, also where they are frozen": {
    upstreamDiffers: "Q-14",
    run: async (stage) => {
      const given = Object.freeze({ path: "/x" }) as Partial<ServerOptions>;
      assert.doesNotThrow(() => stage.create(given));
      assert.equal(insides(stage.create(given)).opts, given);
    },
  },
};

function adapterOf({ cell }: Stage): typeof Adapter {
  return class Mine extends cell.adapter.Adapter {};
}
