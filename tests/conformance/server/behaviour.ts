import type { Stage } from "./stage.ts";

/** Something that a Socket.IO server does, whoever has written it. */
export interface Behaviour {
  /**
   * Upstream does something else, and this calls it a fault or asks for ours: an item of protocols.md 9.1 or 9.2, a row Q-…,
   * or the title of an issue. The behaviour has to fail there, by an assertion.
   */
  readonly upstreamDiffers?: string;
  run(stage: Stage): Promise<void> | void;
}

/** By their titles: sentences that are true for any implementation. */
export type Behaviours = Readonly<Record<string, Behaviour | Behaviour["run"]>>;
