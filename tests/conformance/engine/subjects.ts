import type { Behaviours } from "./behaviour.ts";
import { closing } from "./behaviours/closing.ts";
import { handshake } from "./behaviours/handshake.ts";
import { heartbeat } from "./behaviours/heartbeat.ts";
import { messages } from "./behaviours/messages.ts";
import { refusals } from "./behaviours/refusals.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = { handshake, refusals, messages, heartbeat, closing };
