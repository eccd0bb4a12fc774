import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** For programs that want a number: a port that nobody listened on a moment ago, at any address. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
