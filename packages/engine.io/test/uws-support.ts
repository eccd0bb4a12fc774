import { uServer, type AttachOptions, type ServerOptions, type UwsOptions } from "engine.io";
import type { TestContext } from "node:test";
import { appListening, uWebSockets } from "../../../tests/support/uws.ts";
import { observe, type Observed } from "./support.ts";

/** An engine on an app of its own. */
export async function serveApp(
  t: TestContext,
  options: ServerOptions = {},
  attachOptions: AttachOptions & UwsOptions = {},
): Promise<Observed<uServer>> {
  const app = uWebSockets.App();
  const engine = new uServer(options);
  engine.attach(app, attachOptions);
  return observe(t, engine, await appListening(t, app));
}
