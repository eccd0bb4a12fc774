import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import type { Server } from "socket.io";
import { listen } from "../../../../tests/support/listening.ts";

/** Resolves packages as upstream's are installed. */
export const upstream = createRequire(new URL("../../../../peers/package.json", import.meta.url));

/** Upstream's server, whose word on what it takes is the last, until the test is over. */
export async function serveUpstream(t: TestContext, options: object = {}): Promise<{ server: Server; url: string }> {
  // Its types are those of ours, which tests/types holds equal.
  const { Server } = upstream("socket.io") as typeof import("socket.io");
  const http = createServer();
  const server = new Server(http, options);
  const port = await listen(http);
  t.after(() => server.close());
  return { server, url: `http://127.0.0.1:${port}` };
}
