import type { Stage } from "./stage.ts";

/** Something that a Socket.IO client does, whoever has written it. */
export interface Behaviour {
  /**
   * Upstream's client does something else, and this calls it a fault or asks for ours: an item of protocols.md 9.1 or 9.2, a row
   * Q-…, hostile.md, the guide, or the title of an issue. The behaviour has to fail there, by an assertion.
   */
  readonly upstreamDiffers?: string;
  /** What the server of 3.1.2 lacks: the behaviour is not asked for there. */
  readonly lackingIn3?: string;
  run(stage: Stage): Promise<void> | void;
}

/** By their titles: sentences that are true for any implementation. */
export type Behaviours = Readonly<Record<string, Behaviour | Behaviour["run"]>>;

/** Behaviours of one subject. */
export interface Subject {
  /** Which servers they are shown with: any there is, or one that the behaviours themselves play. */
  readonly server: "any" | "scripted";
  readonly behaviours: Behaviours;
}
