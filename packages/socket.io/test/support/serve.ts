import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Server, type ServerOptions } from "socket.io";

/** A server on a free port, until the test is over. */
export async function serve(
  t: TestContext,
  options: Partial<ServerOptions> = {},
): Promise<{ readonly io: Server; readonly port: number }> {
  const http = createServer();
  const io = new Server(http, options);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => io.close());
  return { io, port: (http.address() as AddressInfo).port };
}
