import type { TestContext } from "node:test";
import { uServer, type AttachOptions, type ServerOptions, type Socket, type UwsOptions } from "engine.io";
import { ScriptedApp } from "../../../tests/support/scripted-uws.ts";

export const POLLING = "EIO=4&transport=polling";
export const WEBSOCKET = "EIO=4&transport=websocket";
export const BIG = "a".repeat(20_000);

export interface Served {
  readonly app: ScriptedApp;
  readonly engine: uServer;
  readonly endings: string[];
}

/** An engine on an app without a network. */
export function serve(
  t: TestContext,
  options: ServerOptions = {},
  attachOptions: AttachOptions & UwsOptions = {},
): Served {
  const app = new ScriptedApp();
  const engine = new uServer(options);
  const endings: string[] = [];
  engine.attach(app, attachOptions);
  engine.on("connection", (socket: Socket) => {
    socket.on("close", (reason: string, error?: Error) =>
      endings.push(error === undefined ? reason : `${reason}: ${error.message}`),
    );
  });
  t.after(() => engine.close());
  return { app, engine, endings };
}
