import type { Fuzzer } from "../fuzzer.ts";
import { cluster } from "./cluster.ts";
import { engineFrames } from "./engine-frames.ts";
import { enginePackets } from "./engine-packets.ts";
import { http } from "./http.ts";
import { msgpack } from "./msgpack.ts";
import { socketPackets } from "./socket-packets.ts";
import { socketServer } from "./socket-server.ts";
import { upgradeRaces } from "./upgrade-races.ts";
import { websocket } from "./websocket.ts";

/** All of them, over what we have built. */
export const FUZZERS: readonly Fuzzer[] = [
  enginePackets(3),
  enginePackets(4),
  engineFrames(),
  socketPackets(),
  msgpack(),
  socketServer(),
  websocket(),
  upgradeRaces(),
  cluster(),
  http(),
];
