import { type EngineModule, MAKERS } from "../../../conformance/engine/makers.ts";
import type { Role } from "../run.ts";
import { draw } from "./draw.ts";
import { ServerPlayer } from "./player.ts";
import type { Act, Setting } from "./program.ts";

/** engine.io, against engine.io-client of upstream's make and peers that write what they like. */
export const server: Role<Pick<EngineModule, "Server">, Setting, Act> = {
  load: (maker) => MAKERS[maker],
  draw,
  start: ({ Server }, setting, log, network) => ServerPlayer.start(Server, setting, log, network),
};
