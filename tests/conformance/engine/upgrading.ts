import assert from "node:assert/strict";
import { once } from "node:events";
import type { Behaviour } from "./behaviour.ts";
import { packet } from "./codec.ts";
import type { Peer } from "./peers.ts";
import type { Session } from "./session.ts";
import type { Stage } from "./stage.ts";

/** A behaviour of upgrades, the same from each kind of polling. */
export interface UpgradeBehaviour extends Omit<Behaviour, "run"> {
  run(stage: Stage, from: "polling" | "jsonp"): Promise<void>;
}

export type UpgradeBehaviours = Readonly<Record<string, UpgradeBehaviour>>;

/** After this long at the latest a server lets a held GET go while a probe is answered, in ms (protocols.md 1.8). */
export const RELEASE_MS = 100;

/** One whose probe has been answered. */
export async function probed(session: Session): Promise<Peer> {
  const candidate = session.stage.candidate(session.socket.id);
  await candidate.send(packet("ping", "probe"));
  assert.deepEqual(await candidate.receive(1), [packet("pong", "probe")]);
  return candidate;
}

/** The packet `upgrade`, and the server's side of it. */
export async function finish(session: Session, candidate: Peer): Promise<void> {
  const upgraded = once(session.socket, "upgrade");
  await candidate.send(packet("upgrade"));
  await upgraded;
}

export async function upgraded(session: Session): Promise<Peer> {
  const candidate = await probed(session);
  await finish(session, candidate);
  return candidate;
}
