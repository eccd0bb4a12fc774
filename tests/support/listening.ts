import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { TestContext } from "node:test";

/** Lets a server listen on this machine, and gives its port: a free one, unless one is asked for. Whoever asks closes it. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}

/** {@link listen}, until the test is over. What the server carries is closed before it. */
export async function listening(
  t: Pick<TestContext, "after">,
  server: Server & { closeAllConnections?(): void },
  ...carried: readonly { close(): unknown }[]
): Promise<number> {
  const port = await listen(server);
  t.after(() => {
    for (const each of carried) each.close();
    server.close();
    server.closeAllConnections?.();
  });
  return port;
}

/** Of a server that listens. */
export function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
