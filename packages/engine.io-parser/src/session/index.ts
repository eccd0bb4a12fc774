export type { Backlog, BacklogLimits, SlowReaderPolicy } from "./backlog.js";
export { ServerUpgrade, type ServerUpgradeHost } from "./accept-upgrade.js";
export { ClientSession, type ClientSessionHost, type Handshake } from "./client-session.js";
export { FORCED, type CloseCause, type CloseReason } from "./close.js";
export { Heartbeat, type HeartbeatRole, type HeartbeatTiming } from "./heartbeat.js";
export { ClientUpgrade, type ClientUpgradeHost } from "./probe.js";
export { ServerSession, type ServerSessionHost } from "./server-session.js";
export { CLOSE_TIMEOUT_MS, Session, type SessionHost, type UpgradeInProgress } from "./session.js";
export { NEXT, type SessionState } from "./state.js";
// What every shell needs that carries packets over a WebTransport stream.
export { encodeFrame, FrameDecoder } from "../framing.js";
export { encodePackets } from "../encodePacket.js";
export type { PausableTransport, SessionTransport, TransportSink } from "./transport.js";
