import { createLog } from "./log.node.js";
import type { SocketBase } from "./socket-base.js";
import type { PausableTransport, Transport } from "./transports/transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:socket");

/** Gets a head start where the server offers it: the first probe that is answered wins (row E-82). */
const BEST = "webtransport";
const HEAD_START_MS = 200;

/**
 * The client's half of an upgrade (protocols.md 1.8): probes the transports of these names, all that may be better. The first
 * that is answered wins: the old transport lets its requests come home, nothing new leaves, then the session moves. Whatever
 * fails before that leaves the session on the old transport, awake.
 *
 * Returns what gives up: drops those that were probed, and tells nobody.
 */
export function probeAll(session: SocketBase, names: readonly string[]): () => void {
  const old = session._carrier() as PausableTransport;
  const candidates: Transport[] = [];
  const isWanted = () => session.readyState === "open" && !session.upgrading && session._carrier() === old;
  const drop = (candidate: Transport) => candidate.discard();
  const probe = (name: string) => {
    if (!isWanted()) return;
    if (__DEBUG__) debug("probing %s", name);
    const candidate = session._create(name);
    let isDraining = false;
    const fail = (detail?: string, cause?: unknown) => {
      drop(candidate);
      const error = new Error(detail ? `probe error: ${detail}` : "probe error");
      session.emitReserved("upgradeError", Object.assign(error, { transport: name }));
      if (!isDraining) return;
      // Upstream leaves polling paused here and the client deaf (hostile.md, "client goes deaf").
      session.upgrading = false;
      if (!old.resume) return session._end("transport error", cause);
      old.resume();
      session._flush();
    };
    candidates.push(candidate);
    candidate.receiver = {
      open: () => candidate.send([{ type: "ping", data: "probe" }]),
      packet({ type, data }) {
        if (isDraining) return;
        if (type !== "pong" || data !== "probe") return fail();
        // Another candidate was faster, or the session is on its way out: it doesn't need this one.
        if (!isWanted()) return drop(candidate);
        isDraining = session.upgrading = true;
        candidates.filter((other) => other !== candidate).forEach(drop);
        session.emitReserved("upgrading", candidate);
        old.pause(() => {
          // The candidate may have died, or the session ended, while polling came home.
          if (!session.upgrading) return;
          candidate.send([{ type: "upgrade" }]);
          session.upgrading = false;
          drop(old);
          session._moveTo(candidate);
          session._remember();
          session.emitReserved("upgrade", candidate);
          session._flush();
        });
      },
      close: (details) => fail("transport close", details),
      error: (error) => fail(error.message, error),
    };
    candidate.open();
  };
  for (const name of names) {
    if (name === BEST || !names.includes(BEST)) probe(name);
    else session._setTimeout(() => probe(name), HEAD_START_MS);
  }
  return () => candidates.forEach(drop);
}
