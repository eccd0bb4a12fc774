import assert from "node:assert/strict";
import type { Manager, Socket } from "socket.io-client";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Options, type Stage } from "../stage.ts";

/** What `io()` makes of its arguments (rows C-10 to C-22). Nothing is opened. */
export const lookup: Behaviours = {
  "io() takes nothing, options, a URL, or both": (stage) => {
    const quiet = { autoConnect: false, forceNew: true };
    inPage("http:", "page.example", () => {
      const { io } = stage.library;
      const opened = io();
      opened.disconnect();
      for (const socket of [opened, io(quiet), io("http://a"), io("http://a", quiet), io(undefined, quiet)]) {
        assert.ok(socket instanceof stage.library.Socket);
        assert.equal(nspOf(socket), "/");
        stage.keep(socket);
      }
      assert.equal(io("http://a", { ...quiet, path: "/x" }).io.opts.path, "/x");
      assert.equal(io({ ...quiet, path: "/y" }).io.opts.path, "/y");
      assert.equal(io(undefined, { ...quiet, path: "/z" }).io.opts.path, "/z");
    });
  },

  "the page gives what the URL leaves out": (stage) => {
    inPage("https:", "page.example:8080", () => {
      for (const [given, uri, nsp] of [
        [undefined, "https://page.example:8080", "/"],
        ["/x", "https://page.example:8080/x", "/x"],
        ["//h/x", "https://h/x", "/x"],
        ["h:99/x", "https://h:99/x", "/x"],
        ["http://h", "http://h", "/"],
        ["https://h", "https://h", "/"],
        ["ws://h", "ws://h", "/"],
        ["wss://h/y", "wss://h/y", "/y"],
      ] as const) {
        const socket = idle(stage, given);
        assert.deepEqual([uriOf(socket.io), nspOf(socket)], [uri, nsp]);
      }
    });
  },

  "the namespace is the URL's path as it is written, without query and hash": (stage) => {
    for (const [path, nsp] of [
      ["", "/"],
      ["/", "/"],
      ["/admin", "/admin"],
      ["/a/b/../c.d", "/a/b/../c.d"],
      ["/a/", "/a/"],
      ["/admin?x=/y", "/admin"],
      ["?x=1", "/"],
      ["/a#hash", "/a"],
    ] as const) {
      assert.equal(nspOf(idle(stage, `http://h${path}`)), nsp, path);
    }
  },

  "credentials in the URL are accepted and lead to the same host": (stage) => {
    const socket = stage.io("http://user:secret@127.0.0.1:1/x");
    assert.equal(nspOf(socket), "/x");
    assert.equal(socket.io.engine.hostname, "127.0.0.1");
    assert.equal(Number(socket.io.engine.port), 1);
  },

  "outside of pages a URL without a scheme is no exception": (stage) => {
    for (const uri of [undefined, "/x", "h:1/x"]) assert.ok(idle(stage, uri));
  },

  "outside of pages a URL without a scheme means http": {
    upstreamDiffers: "row Q-13",
    run: (stage) => {
      assert.equal(uriOf(idle(stage, "h:1/x").io), "http://h:1/x");
      assert.equal(uriOf(idle(stage, "/x").io), "http://localhost/x");
    },
  },

  "a URL of more than 8000 characters throws a string": (stage) => {
    const uri = (length: number): string => `http://h/${"x".repeat(length - 9)}`;
    assert.ok(idle(stage, uri(8000)));
    let thrown: unknown;
    try {
      idle(stage, uri(8001));
    } catch (error) {
      thrown = error;
    }
    assert.equal(thrown, "URI too long");
  },

  "namespaces of one target share a Manager": (stage) => {
    const host = unheard();
    const shared = managerOf(stage, `http://${host}/a`);
    assert.equal(managerOf(stage, `http://${host}/b`), shared);
    assert.equal(managerOf(stage, `http://${host}:80/c?x=1`), shared);
    const secure = managerOf(stage, `https://${host}/a`);
    assert.equal(managerOf(stage, `https://${host}:443/b`), secure);
    const bracketed = managerOf(stage, "http://[::1]:3000/a");
    assert.equal(managerOf(stage, "http://[::1]:3000/b"), bracketed);
  },

  "scheme, host as it is spelled, port and path option tell Managers apart": (stage) => {
    const host = unheard();
    const managers = [
      managerOf(stage, `http://${host}/a`),
      managerOf(stage, `https://${host}/b`),
      managerOf(stage, `ws://${host}/c`),
      managerOf(stage, `http://${host}:81/d`),
      managerOf(stage, `http://${host}/e`, { path: "/other" }),
      managerOf(stage, `http://www.${host}/f`),
    ];
    assert.equal(new Set(managers).size, managers.length);
    assert.notEqual(managerOf(stage, "http://localhost:3/a"), managerOf(stage, "http://127.0.0.1:3/b"));
  },

  "forceNew, its old name and multiplex: false give a Manager of its own, which nobody shares": (stage) => {
    const host = unheard();
    const shared = managerOf(stage, `http://${host}/a`);
    const alone = [{ forceNew: true }, { "force new connection": true }, { multiplex: false }].map((options, at) =>
      managerOf(stage, `http://${host}/alone${at}`, options as Options),
    );
    assert.equal(new Set([shared, ...alone]).size, 4);
    assert.equal(managerOf(stage, `http://${host}/b`), shared);
    // Nor does one that came first.
    const other = unheard();
    const first = managerOf(stage, `http://${other}/a`, { forceNew: true });
    assert.notEqual(managerOf(stage, `http://${other}/b`), first);
  },

  "a namespace that has a Socket already, even a disconnected one, gets a Manager of its own": (stage) => {
    const host = unheard();
    const first = shared(stage, `http://${host}/a`);
    first.disconnect();
    const second = shared(stage, `http://${host}/a`);
    assert.notEqual(second, first);
    assert.notEqual(second.io, first.io);
    assert.equal(managerOf(stage, `http://${host}/b`), first.io);
  },

  "options of a shared Manager stay in force, those of sockets are each one's own": (stage) => {
    const host = unheard();
    const first = shared(stage, `http://${host}/a`, { reconnectionDelay: 7, auth: { a: 1 } });
    const second = shared(stage, `http://${host}/b`, { reconnectionDelay: 8, auth: { b: 1 }, retries: 3 });
    assert.equal(second.io, first.io);
    assert.equal(second.io.reconnectionDelay(), 7);
    assert.deepEqual([first.auth, second.auth], [{ a: 1 }, { b: 1 }]);
    assert.equal(insides(second)._opts.retries, 3);
  },

  "the Manager's options may be changed by the application": (stage) => {
    const { io } = idle(stage, "http://h", { query: { a: 1 } });
    (io.opts.query as Record<string, unknown>)["a"] = 2;
    assert.deepEqual(io.opts.query, { a: 2 });
    assert.equal(io.opts.path, "/socket.io");
  },

  "the caller's options are left as they are": {
    upstreamDiffers: "row Q-14",
    run: (stage) => {
      const options = { autoConnect: true, forceNew: true, reconnection: false, query: { a: 1 } };
      const before = structuredClone(options);
      stage.keep(stage.library.io("http://127.0.0.1:1", options));
      assert.deepEqual(options, before);
    },
  },

  "without transports to choose from, connect_error tells so later, by a string": async (stage) => {
    const socket = stage.io("http://127.0.0.1:1", { transports: [] });
    const failed = stage.event(socket, "connect_error");
    assert.deepEqual(await stage.whileTimePasses(failed), ["No transports available"]);
  },

  "names of transports that nobody knows are passed over": {
    upstreamDiffers: "row C-20: a TypeError; the source after 4.8.3 passes them over as well",
    run: async (stage) => {
      let socket: Socket | undefined;
      assert.doesNotThrow(() => (socket = stage.io("http://127.0.0.1:1", { transports: ["nope"] as never })));
      assert.deepEqual(await stage.event(socket, "connect_error"), ["No transports available"]);
    },
  },
};

/** A host that no other behaviour has named. */
function unheard(): string {
  return `h${Math.random().toString(36).slice(2)}.example`;
}

/** A Socket that does not connect, with a Manager of its own. */
function idle(stage: Stage, uri: string | undefined, options: Options = {}): Socket {
  return stage.library.io(uri as string, { autoConnect: false, forceNew: true, ...options } as object);
}

/** A Socket that does not connect. */
function shared(stage: Stage, uri: string, options: Options = {}): Socket {
  return stage.library.io(uri, { autoConnect: false, ...options } as object);
}

function managerOf(stage: Stage, uri: string, options: Options = {}): Manager {
  return shared(stage, uri, options).io;
}

function nspOf(socket: Socket): string {
  return insides(socket).nsp;
}

function uriOf(manager: Manager): string {
  return insides(manager).uri;
}

/** While `act` runs, this process looks like a page at that address. */
function inPage(protocol: string, host: string, act: () => void): void {
  Object.defineProperty(globalThis, "location", { value: { protocol, host }, configurable: true });
  try {
    act();
  } finally {
    delete (globalThis as { location?: unknown }).location;
  }
}
