import { skip as uwsIsMissing } from "../../support/uws.ts";
import { ours, oursWithWebTransport, own, upstream, upstreamWithWebTransport, ws, type Host } from "./hosts.ts";
import { uws, uwsWebSocket } from "./uws-host.ts";

export type TransportKind = "polling" | "jsonp" | "websocket" | "webtransport";
export type Revision = 3 | 4;

/** One way to reach an engine. A behaviour is the same in every cell where it makes sense. */
export interface Cell {
  readonly name: string;
  readonly transport: TransportKind;
  readonly revision: Revision;
  readonly host: Host;
}

/** Only where it was fetched (tests/support/runtimes.ts). */
const whereFetched = (host: Host): readonly Host[] => (uwsIsMissing === false ? [host] : []);

/** Which hosts serve a transport. A host that serves others joins here, and with a peer if it is a new transport. */
const HOSTS: Readonly<Record<TransportKind, readonly [hosts: readonly Host[], revisions: readonly Revision[]]>> = {
  polling: [
    [ours, upstream, ...whereFetched(uws)],
    [3, 4],
  ],
  jsonp: [
    [ours, upstream],
    [3, 4],
  ],
  websocket: [
    [own, ws, upstream, ...whereFetched(uwsWebSocket)],
    [3, 4],
  ],
  webtransport: [[oursWithWebTransport, upstreamWithWebTransport], [4]],
};

export const CELLS: readonly Cell[] = Object.entries(HOSTS).flatMap(([transport, [hosts, revisions]]) =>
  hosts.flatMap((host) =>
    revisions.map((revision) => ({
      name: `${transport} ${revision}, ${host.name}`,
      transport: transport as TransportKind,
      revision,
      host,
    })),
  ),
);
