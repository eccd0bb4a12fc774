import { WebSocketServer } from "ws";
import type { EngineClass } from "./engine.ts";
import { MAKERS } from "./makers.ts";

export type TransportKind = "polling" | "jsonp" | "websocket";
export type Revision = 3 | 4;

/** Whose engine, and what it is given so that it serves the cell as the cell says. */
export interface Host {
  readonly name: string;
  readonly maker: "ours" | "upstream";
  readonly Server: EngineClass;
  readonly options: object;
}

/** One way to reach an engine. A behaviour is the same in every cell where it makes sense. */
export interface Cell {
  readonly name: string;
  readonly transport: TransportKind;
  readonly revision: Revision;
  readonly host: Host;
}

const OurServer = MAKERS.ours.Server;
const UpstreamServer = MAKERS.upstream.Server;

const OURS: Host = { name: "ours", maker: "ours", Server: OurServer, options: {} };
const OWN: Host = { name: "own endpoint", maker: "ours", Server: OurServer, options: {} };
const WS: Host = { name: "ws", maker: "ours", Server: OurServer, options: { wsEngine: WebSocketServer } };
const UPSTREAM: Host = { name: "upstream", maker: "upstream", Server: UpstreamServer, options: {} };

/** Which hosts serve a transport. A host that serves others joins here, and with a peer in peers.ts if it is a new transport. */
const HOSTS: Readonly<Record<TransportKind, readonly Host[]>> = {
  polling: [OURS, UPSTREAM],
  jsonp: [OURS, UPSTREAM],
  websocket: [OWN, WS, UPSTREAM],
};

const REVISIONS: readonly Revision[] = [3, 4];

export const CELLS: readonly Cell[] = Object.entries(HOSTS).flatMap(([transport, hosts]) =>
  hosts.flatMap((host) =>
    REVISIONS.map((revision) => ({
      name: `${transport} ${revision}, ${host.name}`,
      transport: transport as TransportKind,
      revision,
      host,
    })),
  ),
);
