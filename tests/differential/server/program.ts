import type { Plain } from "./values.ts";
import type { Way } from "./ways.ts";

/*
 * Programs over the public API of a server: plain data, so that they can be printed, cut down and run again. What a step names and
 * the run does not have is passed over, and numbers name one of what there is by then: any part of a program is a program.
 */

export interface Program {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

export interface Setup {
  readonly cleanupEmptyChildNamespaces: boolean;
  /** For how long a connection may be without a namespace, in ms. Null: for longer than programs last. */
  readonly connectTimeout: number | null;
  readonly parser: ParserName;
  /** Whether what `fetchSockets` gives are sockets as those of other servers. */
  readonly areRemote: boolean;
  /** Null: it is off. */
  readonly recovery: Recovery | null;
  /** Of each client. */
  readonly ways: readonly Way[];
  /** What each `connection` listener does, after it has told. */
  readonly onConnection: readonly ServerStep[];
}

/** `text`: one of an application's own, for what JSON can hold; `revived`: the default one with functions for values. */
export type ParserName = "default" | "msgpack" | "text" | "revived";

export interface Recovery {
  readonly maxDisconnectionDuration: number;
  readonly skipMiddlewares?: boolean;
}

export type Step =
  | ServerStep
  | ClientStep
  /** Lets time pass, in ms. */
  | { readonly do: "wait"; readonly ms: number };

/** A room by its name, or that of one of the sockets. */
export type Room = string | number | { readonly own: number };

/** Whose method is called. `self` is the socket that a listener or a middleware is about. */
export type Source =
  | "io"
  | "self"
  | { readonly nsp: string }
  | { readonly parent: number }
  | { readonly socket: number }
  | { readonly kept: number }
  /** Of those that were fetched. */
  | { readonly remote: number };

/** One link of a chain: a getter, or a method with its argument. */
export type Link =
  | readonly ["volatile" | "local" | "broadcast"]
  | readonly ["to" | "in" | "except", Room | readonly Room[]]
  | readonly ["compress", boolean]
  | readonly ["timeout", number];

interface OnSource {
  readonly on: Source;
}

export type ServerStep =
  | (OnSource & {
      readonly do: "call";
      readonly chain: readonly Link[];
      readonly action: Action;
    })
  /** Remembers what a chain gives. */
  | (OnSource & { readonly do: "keep"; readonly chain: readonly Link[] })
  | (OnSource & {
      readonly do: "listen";
      readonly how: string;
      readonly event: string;
      readonly reactions: readonly ServerStep[];
    })
  /** Takes away a listener that some step has added, or all. */
  | (OnSource & {
      readonly do: "unlisten";
      readonly how: string;
      readonly event: string;
      readonly listener: number | "itself" | null;
    })
  /** Takes away all listeners. */
  | (OnSource & { readonly do: "strip" })
  | (OnSource & { readonly do: "use"; readonly next: Next; readonly reactions: readonly ServerStep[] })
  /** Calls what a middleware was given as `next`, and has kept. */
  | { readonly do: "go on"; readonly which: number; readonly refuse: boolean }
  /** Calls the acknowledgement that the event came with, or keeps it. */
  | { readonly do: "reply"; readonly args: readonly Plain[]; readonly keep: boolean }
  | { readonly do: "reply late"; readonly which: number; readonly args: readonly Plain[] }
  | { readonly do: "of"; readonly name: string | number; readonly listens: boolean }
  /** Makes another parent of dynamic namespaces. */
  | { readonly do: "parent"; readonly kind: ParentKind }
  /** Reads, and maybe sets, what is left of the server's options. */
  | { readonly do: "option"; readonly name: "path" | "connectTimeout" | "serveClient"; readonly value: Plain }
  /** Gives all namespaces new adapters. */
  | { readonly do: "adapter" }
  | { readonly do: "close" }
  /** Calls the adapter itself. */
  | {
      readonly do: "call adapter";
      readonly nsp: string;
      readonly method: "addAll" | "del" | "delAll" | "sockets" | "socketRooms" | "serverCount" | "broadcast";
      readonly room: Room;
      readonly socket: number;
    }
  /** Asks a listener's owner about its listeners. */
  | (OnSource & { readonly do: "count"; readonly event: string })
  /** Sets a member of a socket's data. */
  | (OnSource & { readonly do: "data"; readonly value: Plain })
  /** Tells what there is to be seen. */
  | { readonly do: "view"; readonly nsp: string }
  | (OnSource & { readonly do: "inspect" })
  /** Closes the connection of a socket. */
  | (OnSource & { readonly do: "hang up" });

export type Action =
  | {
      readonly name: "emit" | "emitWithAck" | "serverSideEmit" | "serverSideEmitWithAck" | "_onServerSideEmit";
      readonly event: string | number;
      readonly args: readonly Plain[];
      readonly ack: boolean;
    }
  | { readonly name: "send" | "write"; readonly args: readonly Plain[] }
  | { readonly name: "fetchSockets" | "allSockets" }
  | { readonly name: "socketsJoin" | "socketsLeave" | "join" | "leave"; readonly rooms: Room | readonly Room[] }
  | { readonly name: "disconnectSockets" | "disconnect"; readonly close: boolean };

/** What a middleware does with `next`, or with the event that it is shown. */
export type Next =
  | "pass"
  | "refuse"
  | "text"
  | "keep"
  | "later"
  | "push"
  | "rename"
  | "object"
  | "bare"
  | "falsy"
  | "pop"
  | "replace";

/** Who accepts which names, and when. */
export type ParentKind = "expression" | "any" | "late" | "fails late" | "never";

export type ClientStep =
  | {
      readonly do: "connect";
      readonly client: number;
      readonly nsp: string;
      readonly auth: Readonly<Record<string, Plain>>;
    }
  | { readonly do: "leave"; readonly client: number; readonly nsp: string }
  /** Ends the connection without a word of Socket.IO. */
  | { readonly do: "cut"; readonly client: number }
  /** Emits, all in one tick; with `ack`, each is told whether it was answered. */
  | { readonly do: "say"; readonly client: number; readonly nsp: string; readonly events: readonly Said[] }
  /** What the client does from now on with events that want to be acknowledged. */
  | { readonly do: "answer"; readonly client: number; readonly how: AnswerHow }
  | { readonly do: "answer late"; readonly client: number; readonly which: number };

export type AnswerHow = "at once" | "twice" | "never" | "keep" | "bytes" | "nothing" | "error";

export interface Said {
  readonly event: string | number;
  readonly args: readonly Plain[];
  readonly ack: boolean;
}
