import type { Behaviours } from "./behaviour.ts";
import { messages } from "./behaviours/messages.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = { messages };
