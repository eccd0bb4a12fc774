import type { Cell } from "./cells.ts";
import type { Stage } from "./stage.ts";

/** Something that an engine does, whatever reaches it. */
export interface Behaviour {
  /** Where it makes sense. @default in every cell */
  readonly cells?: (cell: Cell) => boolean;
  /**
   * Upstream does something else, and this calls it a fault or asks for ours: an item of protocols.md 9.1 or 9.2, a row Q-…,
   * or the title of an issue. The behaviour has to fail there.
   */
  readonly upstreamDiffers?: string | ((cell: Cell) => string | undefined);
  readonly options?: object;
  readonly attachOptions?: object;
  run(stage: Stage): Promise<void>;
}

/** By their titles. */
export type Behaviours = Readonly<Record<string, Behaviour | Behaviour["run"]>>;

export const overPolling = ({ transport }: Cell): boolean => transport === "polling" || transport === "jsonp";
/** Where there is a request, with headers and a query. */
export const overHttp = ({ transport }: Cell): boolean => transport !== "webtransport";
export const overWebTransport = ({ transport }: Cell): boolean => transport === "webtransport";

/**
 * Not upstream's WebTransport. It ends the whole session over what it has just written: whether that arrives is then a matter
 * of the network, and without one it does not. And a session that breaks is a rejection there that nobody handles.
 */
export const endsKindly = (cell: Cell): boolean => !(overWebTransport(cell) && cell.host.maker === "upstream");

/** All of a subject that has to do with requests. */
export function ofRequests(behaviours: Behaviours): Behaviours {
  const entries = Object.entries(behaviours).map(([title, given]): [string, Behaviour] => {
    const behaviour = typeof given === "function" ? { run: given } : given;
    const { cells = overHttp } = behaviour;
    return [title, { ...behaviour, cells: (cell) => overHttp(cell) && cells(cell) }];
  });
  return Object.fromEntries(entries);
}

export const overPlainPolling = ({ transport }: Cell): boolean => transport === "polling";
export const overJsonp = ({ transport }: Cell): boolean => transport === "jsonp";
export const overWebSocket = ({ transport }: Cell): boolean => transport === "websocket";
export const inRevision3 = ({ revision }: Cell): boolean => revision === 3;
export const inRevision4 = ({ revision }: Cell): boolean => revision === 4;
