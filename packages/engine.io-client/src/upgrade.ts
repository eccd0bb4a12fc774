import { type ClientSession, ClientUpgrade } from "engine.io-parser/session";
import { createLog } from "./log.node.js";
import type { Transport } from "./transports/transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:socket");

/** Gets a head start where the server offers it: the first probe that is answered wins (row E-82). */
const BEST = "webtransport";
const HEAD_START_MS = 200;

/** What probing asks of the Socket. */
export interface ProbeHost {
  create(name: string): Transport;
  after(delayMs: number, run: () => void): void;
  onUpgrading(transport: Transport): void;
  onUpgradeError(error: Error): void;
}

/** Probes the transports of these names, all that may be better. Returns what gives up those that are not through. */
export function probeAll(session: ClientSession, names: readonly string[], host: ProbeHost): () => void {
  const probes = new Set<ClientUpgrade>();
  const giveUp = () => probes.forEach((probe) => probe.cancel());
  const probe = (name: string) => {
    if (session.state !== "open" || session.upgrade || session.upgraded) return;
    const candidate = host.create(name);
    if (__DEBUG__) debug("probing %s", name);
    const upgrade = new ClientUpgrade(session, candidate, {
      onUpgrading() {
        probes.delete(upgrade);
        giveUp();
        host.onUpgrading(candidate);
      },
      onUpgradeError(_, cause) {
        const { description, reason } = cause ?? {};
        const detail = description instanceof Error ? description.message : reason;
        const error = new Error(detail ? `probe error: ${detail}` : "probe error");
        host.onUpgradeError(Object.assign(error, { transport: name }));
      },
    });
    probes.add(upgrade);
    candidate.open();
  };
  for (const name of names) {
    if (name === BEST || !names.includes(BEST)) probe(name);
    else host.after(HEAD_START_MS, () => probe(name));
  }
  return giveUp;
}
