import { ofRequests, type Behaviours } from "./behaviour.ts";
import { closing } from "./behaviours/closing.ts";
import { compression } from "./behaviours/compression.ts";
import { cors } from "./behaviours/cors.ts";
import { events } from "./behaviours/events.ts";
import { handshake } from "./behaviours/handshake.ts";
import { headers } from "./behaviours/headers.ts";
import { heartbeat } from "./behaviours/heartbeat.ts";
import { jsonp } from "./behaviours/jsonp.ts";
import { limits } from "./behaviours/limits.ts";
import { members } from "./behaviours/members.ts";
import { messages } from "./behaviours/messages.ts";
import { middlewares } from "./behaviours/middlewares.ts";
import { polling } from "./behaviours/polling.ts";
import { refusals } from "./behaviours/refusals.ts";
import { upgrade } from "./behaviours/upgrade.ts";
import { violations } from "./behaviours/violations.ts";
import { websocket } from "./behaviours/websocket.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = {
  handshake,
  refusals: ofRequests(refusals),
  headers: ofRequests(headers),
  cors: ofRequests(cors),
  middlewares: ofRequests(middlewares),
  messages,
  events,
  members,
  heartbeat,
  closing,
  violations,
  limits,
  polling,
  jsonp,
  compression,
  websocket,
  upgrade,
};
