import { ours, own, upstream, ws, type Host } from "./hosts.ts";

export type TransportKind = "polling" | "jsonp" | "websocket";
export type Revision = 3 | 4;

/** One way to reach an engine. A behaviour is the same in every cell where it makes sense. */
export interface Cell {
  readonly name: string;
  readonly transport: TransportKind;
  readonly revision: Revision;
  readonly host: Host;
}

/** Which hosts serve a transport. A host that serves others joins here, and with a peer in peers.ts if it is a new transport. */
const HOSTS: Readonly<Record<TransportKind, readonly Host[]>> = {
  polling: [ours, upstream],
  jsonp: [ours, upstream],
  websocket: [own, ws, upstream],
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
