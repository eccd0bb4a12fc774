import type { UwsApp } from "engine.io";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { runtime } from "./runtimes.ts";

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

/** Only there if the tests are not to be skipped. */
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
