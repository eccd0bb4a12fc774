import { createRequire } from "node:module";
import { subject } from "../role.ts";
import { draw } from "./draw.ts";
import { ClientPlayer } from "./player.ts";
import type { Act, Setting } from "./program.ts";

const requires = {
  ours: createRequire(new URL("../../../../package.json", import.meta.url)),
  upstream: createRequire(new URL("../../../../peers/package.json", import.meta.url)),
};

export type ClientModule = Pick<typeof import("engine.io-client"), "Socket">;

/** engine.io-client in Node, against engine.io of upstream's make. */
export const client = subject<ClientModule, Setting, Act>({
  load: (maker) => requires[maker]("engine.io-client") as ClientModule,
  draw,
  start: ({ Socket }, setting, log, network) => ClientPlayer.start(Socket, setting, log, network),
});
