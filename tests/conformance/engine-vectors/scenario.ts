import type { Vector } from "../vectors/files.ts";
import type { Stage } from "./stage.ts";

/** Does what the name of a vector says, and gives what was observed under the names of the vector's fields. */
export interface Scenario {
  readonly options?: object;
  run(stage: Stage, vector: Vector): Promise<object>;
}
