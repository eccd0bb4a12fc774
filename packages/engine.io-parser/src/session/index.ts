export type { HeartbeatRole, HeartbeatTiming } from "./beating-session.js";
export type { Backlog, BacklogLimits, SlowReaderPolicy } from "./backlog.js";
export { ServerUpgrade, type ServerUpgradeHost } from "./accept-upgrade.js";
export { FORCED, type CloseCause, type CloseReason } from "./close.js";
export { ServerSession, type ServerSessionHost } from "./server-session.js";
export { CLOSE_TIMEOUT_MS, Session, type SessionHost, type UpgradeInProgress } from "./session.js";
export { Rate, TokenBucket, type RateOptions } from "./token-bucket.js";
export { NEXT, type SessionState } from "./state.js";
// What every shell needs that carries packets over a WebTransport stream.
export { encodeFrame, FRAME_TOO_LARGE, FrameDecoder } from "../framing.js";
export { encodePackets } from "../encodePacket.js";
export { SEPARATOR } from "../packet.js";
export type { SessionTransport, TransportSink } from "./transport.js";
