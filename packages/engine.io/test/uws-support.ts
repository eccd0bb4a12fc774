import { uServer, type AttachOptions, type ServerOptions, type UwsApp, type UwsOptions } from "engine.io";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { runtime } from "../../../tests/support/runtimes.ts";
import { observe, type Observed } from "./support.ts";

const uws = runtime("uwebsockets");

/** Why uWebSockets.js can't be tested here, or false. */
export const { skip } = uws;

/** What tests do with an app, beyond what the engine does. */
interface App extends UwsApp {
  listen(host: string, port: number, callback: (listener: object | false) => void): unknown;
  /** Ends everything: listeners and connections. */
  close(): unknown;
}

interface Module {
  App(): App;
  SHARED_COMPRESSOR: number;
  us_socket_local_port(listener: object): number;
}

export const uWebSockets = (skip === false ? createRequire(import.meta.url)(uws.path) : undefined) as Module;

/** Lets an app listen on a free port until the test is over. */
export function appListening(t: TestContext, app: App): Promise<number> {
  return new Promise((resolve, reject) => {
    app.listen("127.0.0.1", 0, (listener) => {
      if (listener === false) return reject(new Error("the app could not listen"));
      t.after(() => app.close());
      resolve(uWebSockets.us_socket_local_port(listener));
    });
  });
}

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
