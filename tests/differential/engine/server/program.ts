/* What programs for servers are made of. */

export interface Setting {
  /** Options of the engine that are plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly attach: Readonly<Record<string, unknown>>;
  /** Whether the application hands requests over by itself. */
  readonly byHand: boolean;
  /** Whether WebSockets are those of the package `ws`. */
  readonly isByWs: boolean;
  /** Whether it listens to everything, or to messages and the end alone. */
  readonly listensToAll: boolean;
  /** Whether the option `cors` is data, or a function. */
  readonly cors: "plain" | "function" | "function of origin" | "function that fails";
  readonly allowRequest: "none" | "yes" | "no" | "no text" | "later" | "no later";
  readonly generateId: "none" | "text" | "promise" | "throws" | "rejects";
  readonly middlewares: readonly Middleware[];
  readonly initialPacket?: Data;
  /** What the application does with requests for a WebSocket on other paths. */
  readonly elsewhere: "nothing" | "answers" | "answers later";
}

export type Middleware =
  | "passes"
  | "header"
  | "refuses"
  | "answers"
  | "later"
  | "throws"
  | "rejects"
  | "asynchronous"
  | "twice";

export type Act = ServerAct | ClientAct | RawAct | NetworkAct | { readonly do: "time"; readonly ms: number };

export type Data = string | { readonly bytes: number; readonly as: "Buffer" | "ArrayBuffer" | "Uint8Array" };

export type ServerAct =
  | {
      readonly do: "send";
      readonly s: number;
      readonly call: "send" | "write";
      readonly data: Data;
      /** `isPreEncoded`: with the WebSocket frame of the message, where it is short. */
      readonly options?: { readonly compress?: boolean; readonly isPreEncoded?: boolean };
      readonly callback: boolean;
      readonly count: number;
    }
  | { readonly do: "close"; readonly s: number; readonly discard: boolean }
  | { readonly do: "close engine" }
  /** Does something else with the same socket the next time that this is told. */
  | { readonly do: "when"; readonly s: number; readonly event: string; readonly reaction: ServerAct };

/** Clients of upstream's make. */
export type ClientAct =
  | { readonly do: "client"; readonly options: Readonly<Record<string, unknown>>; readonly isFar: boolean }
  | { readonly do: "client sends"; readonly c: number; readonly data: readonly Data[] }
  | { readonly do: "client closes"; readonly c: number };

/** Peers that write what they like. */
export type RawAct =
  | {
      readonly do: "raw opens";
      readonly revision: 3 | 4;
      readonly over: "polling" | "websocket";
      readonly method: string;
      readonly path: string;
      readonly query: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, string>>;
      /** Whether its WebSockets offer to compress. */
      readonly deflates: boolean;
      readonly isFar: boolean;
    }
  | { readonly do: "raw polls"; readonly r: number; readonly query: Readonly<Record<string, string>> }
  | ({ readonly do: "raw posts"; readonly r: number; readonly isChunked: boolean } & Posted)
  /** The first half of a body; the rest follows, or never comes. */
  | ({ readonly do: "raw begins"; readonly r: number } & Posted)
  | { readonly do: "raw goes on"; readonly r: number; readonly how: "rest" | "abort" }
  | { readonly do: "raw asks"; readonly r: number; readonly method: string }
  | { readonly do: "raw aborts"; readonly r: number }
  /** A WebSocket for the session, which sends these. */
  | { readonly do: "raw probes"; readonly r: number; readonly frames: readonly string[] }
  | {
      readonly do: "raw sends";
      readonly r: number;
      readonly frames: readonly string[];
      /** Of how many frames each message is made. */
      readonly fragments: number;
      /** That of the last message, in bytes more than the limit. */
      readonly size?: number;
    }
  | { readonly do: "raw pings"; readonly r: number; readonly data: string }
  | { readonly do: "raw leaves"; readonly r: number; readonly how: "close" | "close 4000" | "cut" }
  /** A request for a WebSocket, in bytes. */
  | {
      readonly do: "raw upgrades";
      readonly method: string;
      readonly path: string;
      readonly query: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, string | null>>;
    };

export interface Posted {
  readonly units: readonly string[];
  readonly type: string;
  /** Of the whole body, in bytes more than the limit: another packet makes up for what is missing. */
  readonly size?: number;
}

/** Something happens between the server and a peer that is far. */
export interface NetworkAct {
  readonly do: "network";
  readonly of: "client" | "raw";
  readonly at: number;
  readonly call: "hold" | "forward" | "halfOpen" | "cut" | "cutNear";
}
