import type { Data } from "../server/program.ts";

/* What programs for clients are made of. */

export interface Setting {
  /** Options of the server that are plain data. */
  readonly server: Readonly<Record<string, unknown>>;
}

export type Act =
  | ClientAct
  | ServerAct
  | { readonly do: "network"; readonly call: "cut" | "cutNear" | "refuse" | "hold" | "forward" }
  | { readonly do: "time"; readonly ms: number };

export type ClientAct =
  | {
      readonly do: "open";
      /** Which arguments the constructor is given. */
      readonly form: "url and options" | "options" | "null and options";
      readonly options: Readonly<Record<string, unknown>>;
    }
  | {
      readonly do: "send";
      readonly c: number;
      readonly call: "send" | "write";
      readonly data: Data;
      readonly options?: object;
      readonly callback: boolean;
      readonly count: number;
    }
  | { readonly do: "close"; readonly c: number }
  | { readonly do: "binaryType"; readonly c: number; readonly value: "nodebuffer" | "arraybuffer" }
  /** Does something else with the same socket the next time that this is told. */
  | { readonly do: "when"; readonly c: number; readonly event: string; readonly reaction: ClientAct };

/** What upstream's server does. */
export type ServerAct =
  | { readonly do: "server sends"; readonly c: number; readonly data: readonly Data[] }
  | { readonly do: "server closes"; readonly c: number; readonly discard: boolean };
