import { createRequire } from "node:module";
import type { Server as HttpServer } from "node:http";
import * as ours from "engine.io";
import type { Engine, EngineClass } from "./engine.ts";

/** What the package `engine.io` exports, as far as behaviours use it. */
export interface EngineModule {
  readonly Server: EngineClass & {
    readonly errors: Readonly<Record<string, number>>;
    readonly errorMessages: Readonly<Record<number, string>>;
  };
  readonly Socket: unknown;
  readonly Transport: unknown;
  readonly protocol: number;
  readonly parser: Readonly<Record<string, unknown>>;
  readonly transports: Readonly<Record<string, { readonly upgradesTo?: readonly string[] }>>;
  attach(server: HttpServer, options?: object): Engine;
  listen(port: number, options?: object | (() => void), callback?: () => void): Engine & { httpServer: HttpServer };
}

const peers = createRequire(new URL("../../../peers/package.json", import.meta.url));

/** Our package, and upstream's as the referee. */
export const MAKERS: Readonly<Record<"ours" | "upstream", EngineModule>> = {
  // Our types say more than behaviours ask for, and some of it in words of their own.
  ours: ours as unknown as EngineModule,
  upstream: peers("engine.io") as EngineModule,
};
