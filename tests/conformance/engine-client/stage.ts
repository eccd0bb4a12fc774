import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Socket, SocketOptions } from "engine.io-client";
import { journal } from "../../../packages/engine.io-client/test/support/events.ts";
import { type Exchange, PollingServer } from "../../../packages/engine.io-client/test/support/polling-server.ts";

type Library = typeof import("engine.io-client");

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where nobody listens. */
export const REFUSED = "http://127.0.0.1:1";

/** One maker's client, and what the tests begin with. Both offer one API, so our types describe upstream's as well. */
export class Stage {
  readonly library: Library;
  /** The file that runs. */
  readonly entry: string;

  /** @param folder whose node_modules are meant, from the root of the repository */
  constructor(folder: string) {
    const require = createRequire(join(root, folder, "package.json"));
    this.library = require("engine.io-client") as Library;
    this.entry = relative(root, realpathSync(require.resolve("engine.io-client")));
  }

  /** A socket that is closed with the test. */
  readonly connect = (t: TestContext, url: string, options: SocketOptions = {}): Socket => {
    const socket = new this.library.Socket(url, options);
    // A server that a test has closed before is no news.
    t.after(() => socket.on("error", () => {}).close());
    return socket;
  };

  /** A socket that is open over polling alone, with its first poll unanswered. */
  readonly opened = async (
    t: TestContext,
    options: SocketOptions = {},
    handshake: object = {},
  ): Promise<{ server: PollingServer; socket: Socket; poll: Exchange; log: string[] }> => {
    const server = await PollingServer.start(t);
    const socket = this.connect(t, server.url, { transports: ["polling"], ...options });
    const log = journal(socket);
    const poll = await server.handshake(handshake);
    return { server, socket, poll, log };
  };
}
