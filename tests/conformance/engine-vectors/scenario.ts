import type { Vector } from "../vectors/files.ts";
import type { Engine, Stage } from "./stage.ts";

/** Does what the name of a vector says, and gives what was observed under the names of the vector's fields. */
export interface Scenario {
  readonly options?: object;
  /** Of the engine's `attach`. */
  readonly attachOptions?: object;
  /** Before the server listens. */
  prepare?(engine: Engine): void;
  run(stage: Stage, vector: Vector): Promise<object>;
}

/** The vectors of one file. */
export interface Behaviour {
  /** In force for all of them. */
  readonly options: object;
  /** Names of headers that the file leaves out. */
  readonly unrecordedHeaders: RegExp;
  /** What the vectors' names stand for. The first pattern that matches counts. */
  readonly scenarios: readonly (readonly [pattern: RegExp, scenario: Scenario])[];
}
