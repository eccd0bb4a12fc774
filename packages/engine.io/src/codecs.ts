import * as codec4 from "engine.io-parser";
import * as codec3 from "engine.io-parser/v3";
import type { Revision } from "./wire-version.js";

/**
 * The codec of a revision as a whole, for those who ask for it. Apart from wire-version.ts: in CommonJS, a module that takes another
 * as a whole reaches all of it through accessors, and that is too slow for what is called per packet.
 */
export function codecOf(revision: Revision): typeof codec4 | typeof codec3 {
  return revision === 4 ? codec4 : codec3;
}
