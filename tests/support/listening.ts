import type { BaseServer } from "engine.io";
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** Lets an engine's HTTP server listen on a free port, which it gives. Both are closed after the test. */
export async function listening(t: TestContext, http: HttpServer, engine: BaseServer): Promise<number> {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => {
    engine.close();
    http.close();
    http.closeAllConnections();
  });
  return (http.address() as AddressInfo).port;
}
