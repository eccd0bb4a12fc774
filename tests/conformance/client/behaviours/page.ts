import assert from "node:assert/strict";
import { homes } from "../../../interop/implementations.ts";
import type { Behaviours } from "../behaviour.ts";
import { type Cell } from "../makers.ts";
import { ScriptedServer } from "../script.ts";
import { insides, type Options, type Stage } from "../stage.ts";

/** What pages tell the client (rows C-45, C-112). */
export const page: Behaviours = {
  "a page that goes offline is 'transport close', except for localhost": async (stage) => {
    const page = inPage(stage);
    const { socket, wire, tell } = await page.joined("127.0.0.1");
    const gone = stage.event(socket, "disconnect");
    tell("offline");
    const [reason, details] = await gone;
    assert.deepEqual([reason, details.description], ["transport close", "network connection lost"]);
    wire.cut();
    const local = await page.joined("localhost");
    tell("offline");
    await stage.quiet();
    assert.equal(local.socket.connected, true);
  },

  "a page that is left closes without a word with closeOnBeforeunload, and by default nothing is done": async (
    stage,
  ) => {
    const page = inPage(stage);
    const { socket, wire, tell } = await page.joined("127.0.0.1", { closeOnBeforeunload: true });
    const usual = await page.joined("127.0.0.1");
    const log = stage.log(socket, ["disconnect"]);
    tell("beforeunload");
    assert.equal(await wire.next(), "closed 1005");
    await stage.quiet();
    assert.deepEqual([log, usual.socket.connected], [[], true]);
  },
};

/** A client that was loaded where `addEventListener` is, as in pages. */
function inPage(stage: Stage) {
  const listeners: { name: string; listener: () => void }[] = [];
  Object.assign(globalThis, {
    addEventListener: (name: string, listener: () => void) => listeners.push({ name, listener }),
    removeEventListener: (name: string, listener: () => void) => {
      const at = listeners.findIndex((known) => known.name === name && known.listener === listener);
      if (at >= 0) listeners.splice(at, 1);
    },
  });
  stage.defer(() => {
    delete (globalThis as { addEventListener?: unknown }).addEventListener;
    delete (globalThis as { removeEventListener?: unknown }).removeEventListener;
  });
  const library = loadedAnew(stage.cell);
  const tell = (name: string): void => {
    for (const known of [...listeners]) if (known.name === name) known.listener();
  };
  return {
    joined: async (host: string, options: Options = {}) => {
      const server = await ScriptedServer.start(stage.t);
      const url = server.url.replace("127.0.0.1", host);
      const all = { forceNew: true, reconnection: false, transports: ["websocket"], ...options };
      const socket = stage.keep(library.io(url, all as object));
      const wire = await server.join();
      await stage.until(() => socket.connected);
      return { socket, wire, tell };
    },
  };
}

/** The client's modules once more, since some look around when they are loaded. */
function loadedAnew({ require, maker }: Cell): Cell["library"] {
  const { cache } = require;
  const kept = Object.entries(cache).filter(([file]) => file.startsWith(homes[maker]));
  for (const [file] of kept) delete cache[file];
  try {
    return require("socket.io-client") as Cell["library"];
  } finally {
    for (const [file] of Object.entries(cache)) if (file.startsWith(homes[maker])) delete cache[file];
    for (const [file, module] of kept) insides(cache)[file] = module;
  }
}
