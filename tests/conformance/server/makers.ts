import { createRequire } from "node:module";
import {
  loadClient,
  loadEngine,
  loadServer,
  serverPackages,
  type ClientLibrary,
  type Maker,
  type ServerLibrary,
} from "../../interop/implementations.ts";

/** One maker's packages. */
export interface Cell {
  readonly name: string;
  readonly maker: Maker;
  /** What `require("socket.io")` gives. */
  readonly library: ServerLibrary;
  /** Finds what the package `socket.io` finds, itself included. */
  readonly require: NodeJS.Require;
  readonly engine: typeof import("engine.io");
  readonly adapter: typeof import("socket.io-adapter");
  readonly parser: typeof import("socket.io-parser");
}

/** Ours, and upstream's as the referee. */
export const CELLS: readonly Cell[] = (["ours", "upstream"] as const).map((maker) => {
  const library = loadServer(maker);
  const beside = createRequire(serverPackages(maker)[0]!.entry);
  return {
    name: maker,
    maker,
    library,
    require: beside,
    engine: loadEngine(maker),
    adapter: beside("socket.io-adapter") as Cell["adapter"],
    parser: beside("socket.io-parser") as Cell["parser"],
  };
});

/** Real clients are upstream's, whoever has written the server. */
export const client: ClientLibrary = loadClient("upstream");
