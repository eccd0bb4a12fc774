import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { listen } from "../../../../tests/support/listening.ts";

/** Resolves packages as upstream's are installed. */
export const upstream = createRequire(new URL("../../../../peers/package.json", import.meta.url));

/** Upstream's server, whose word on what it takes is the last, until the test is over. */
// oxlint-disable-next-line typescript/no-explicit-any -- upstream's Server
export async function serveUpstream(t: TestContext, options: object = {}): Promise<{ server: any; url: string }> {
  const { Server } = upstream("socket.io");
  const http = createServer();
  const server = new Server(http, options);
  const port = await listen(http);
  t.after(() => server.close());
  return { server, url: `http://127.0.0.1:${port}` };
}
