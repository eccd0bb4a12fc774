import { createRequire } from "node:module";
import {
  type ClientLibrary,
  clientPackages,
  loadClient,
  loadServer,
  type Maker,
  type ServerLibrary,
  type ServerRelease,
} from "../../interop/implementations.ts";

/** One maker's client, at one server. */
export interface Cell {
  readonly name: string;
  /** Who has written the client. */
  readonly maker: Maker;
  /** What `require("socket.io-client")` gives. */
  readonly library: ClientLibrary;
  /** Finds what the package `socket.io-client` finds, itself included. */
  readonly require: NodeJS.Require;
  /** The engine that the client runs on. */
  readonly engine: typeof import("engine.io-client");
  readonly server: ServerRelease;
  readonly serverLibrary: ServerLibrary;
}

function cell(maker: Maker, server: ServerRelease): Cell {
  const library = loadClient(maker);
  const beside = createRequire(clientPackages(maker)[0]!.entry);
  return {
    name: `${maker} at ${server === "ours" ? "our server" : `a server of ${server}`}`,
    maker,
    library,
    require: beside,
    engine: beside("engine.io-client") as Cell["engine"],
    server,
    serverLibrary: loadServer(server),
  };
}

/** Both makers' clients at our server: upstream's is the referee. All behaviours are shown there. */
export const CELLS: readonly Cell[] = [cell("ours", "ours"), cell("upstream", "ours")];

/** What needs no more than a server is shown at upstream's as well. */
export const OTHER_SERVERS: readonly Cell[] = (["upstream", "upstream 3.1.2"] as const).flatMap((server) => [
  cell("ours", server),
  cell("upstream", server),
]);
