import { type EngineModule, MAKERS } from "../../../conformance/engine/makers.ts";
import { subject } from "../role.ts";
import { draw } from "./draw.ts";
import { ServerPlayer } from "./player.ts";
import type { Act, Setting } from "./program.ts";

/** engine.io, against engine.io-client of upstream's make and peers that write what they like. */
export const server = subject<Pick<EngineModule, "Server">, Setting, Act>({
  load: (maker) => MAKERS[maker],
  draw,
  start: ({ Server }, setting, log, network) => ServerPlayer.start(Server, setting, log, network),
});
