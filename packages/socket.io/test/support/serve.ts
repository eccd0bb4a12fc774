import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { Server, type ServerOptions } from "socket.io";
import { listen } from "../../../../tests/support/listening.ts";

/** A server on a free port, until the test is over. */
export async function serve(
  t: TestContext,
  options: Partial<ServerOptions> = {},
): Promise<{ readonly io: Server; readonly port: number }> {
  const http = createServer();
  const io = new Server(http, options);
  const port = await listen(http);
  t.after(() => io.close());
  return { io, port };
}
