import type * as programs from "../programs.ts";
import type { Plain } from "../server/values.ts";

/** How the servers of a program are connected. */
export interface Setting {
  /** "bases": the base with heartbeats, over a bus in this process. */
  readonly adapter: "pub/sub" | "sharded" | "streams" | "bases";
  /** Options of the adapters. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly nodes: number;
  /** Whether listeners of the servers join rooms and broadcast. */
  readonly busy: boolean;
  /** Whether clients may come back to their sessions. */
  readonly recovers: boolean;
  /** Whether dynamic namespaces go with their last client. */
  readonly cleans: boolean;
  /** Whether in clusters of both makes the first server is the other one. */
  readonly turned: boolean;
}

export type Program = programs.Program<Setting, Act>;
export type Step = programs.Step<Act>;

/** A room by its name, or the own one of a client's socket. */
export type Room = string | number | { readonly own: number };

export interface Target {
  readonly to: readonly Room[];
  readonly except: readonly Room[];
  readonly local?: true;
  readonly volatile?: true;
  readonly compress?: boolean;
}

/** A node, or the socket that a client has: then it is `socket.to(…)`. */
export type Source = { readonly node: number } | { readonly client: number };

/** Clients, and their sockets on the server. */
type ClientAct =
  | { readonly do: "connect" | "disconnect"; readonly client: number; readonly nsp: string }
  | { readonly do: "cut"; readonly client: number }
  /** One that was cut off comes back, to this node. */
  | { readonly do: "return"; readonly client: number; readonly node: number }
  | {
      readonly do: "join" | "leave";
      readonly client: number;
      readonly nsp: string;
      readonly rooms: readonly Room[];
    }
  | { readonly do: "data"; readonly client: number; readonly nsp: string; readonly value: Plain }
  | { readonly do: "answer"; readonly client: number; readonly how: HowToAnswer }
  | { readonly do: "answer late" };

/** Of clients, and of servers that are asked by others. */
export type HowToAnswer = "at once" | "late" | "never" | "twice" | "bytes" | "nothing";

export type RemoteCall = "join" | "leave" | "emit" | "ask" | "disconnect" | "close";

/** What is said to sockets, of which the servers know by each other. */
type ServerAct =
  | {
      readonly do: "emit";
      readonly from: Source;
      readonly nsp: string;
      readonly target: Target;
      readonly args: readonly Plain[];
    }
  | {
      readonly do: "ask";
      readonly from: Source;
      readonly nsp: string;
      readonly target: Target;
      readonly args: readonly Plain[];
      readonly timeout: number;
      readonly answer: "callback" | "promise";
    }
  | { readonly do: "fetch"; readonly node: number; readonly nsp: string; readonly target: Target }
  | { readonly do: "all rooms" | "count"; readonly node: number; readonly nsp: string }
  | {
      readonly do: "move";
      readonly node: number;
      readonly nsp: string;
      readonly target: Target;
      readonly call: "socketsJoin" | "socketsLeave";
      readonly rooms: readonly Room[];
    }
  | {
      readonly do: "kick";
      readonly node: number;
      readonly nsp: string;
      readonly target: Target;
      readonly close: boolean;
    }
  /** What `fetchSockets` finds is told to do something. */
  | {
      readonly do: "remote";
      readonly node: number;
      readonly nsp: string;
      readonly target: Target;
      readonly call: RemoteCall;
      readonly rooms: readonly Room[];
    }
  /** What was found last is told so, whatever has become of it. */
  | { readonly do: "remote later"; readonly call: RemoteCall; readonly nsp: string; readonly rooms: readonly Room[] }
  | {
      readonly do: "tell servers";
      readonly node: number;
      readonly nsp: string;
      readonly args: readonly Plain[];
      readonly answer: "none" | "callback" | "promise";
    }
  | { readonly do: "servers answer"; readonly node: number; readonly how: HowToAnswer };

/** From a process without server; only over pub/sub both makes have something for it. */
type EmitterAct = {
  readonly do: "emitter";
  readonly nsp: string;
  readonly target: Target;
  readonly call: "emit" | "socketsJoin" | "socketsLeave" | "disconnectSockets" | "serverSideEmit";
  readonly rooms: readonly Room[];
  readonly args: readonly Plain[];
};

type ClusterAct =
  | { readonly do: "close" | "start"; readonly node: number }
  | { readonly do: "time"; readonly ms: number };

export type Act = ClientAct | ServerAct | EmitterAct | ClusterAct;

/** Who is where. */
export type Changes = "nothing" | "one socket" | "sockets anywhere";

/**
 * Who does something that may be under way together with other things: a node, itself or by a socket of a client, or somebody outside. What things of several nodes
 * lead to depends on which of them is earlier, which nobody promises, unless none of them changes who is where.
 */
export function doerOf(act: Act): { readonly who: Source | "outside"; readonly changes: Changes } | undefined {
  switch (act.do) {
    case "emit":
    case "ask":
      if (act.target.volatile === true) return undefined;
      return { who: act.from, changes: "nothing" };
    case "fetch":
    case "all rooms":
    case "count":
    case "tell servers":
      return { who: act, changes: "nothing" };
    case "join":
    case "leave":
      return { who: act, changes: "one socket" };
    case "move":
    case "kick":
      return { who: act, changes: "sockets anywhere" };
    case "emitter":
      if (act.target.volatile === true) return undefined;
      return {
        who: "outside",
        changes: act.call === "emit" || act.call === "serverSideEmit" ? "nothing" : "sockets anywhere",
      };
    default:
      return undefined;
  }
}
