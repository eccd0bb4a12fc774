import type { ParserName } from "../server/program.ts";
import type * as programs from "../programs.ts";

/** What a program runs on. */
export interface Setting {
  readonly transports: readonly ("polling" | "websocket")[];
  /** Whether the server has connection state recovery. */
  readonly recovery: boolean;
  readonly parser: ParserName;
  /** Options of all Managers, unless a step says otherwise. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Program = programs.Program<Setting, Act>;
export type Step = programs.Step<Act>;

/** What `auth` may be: an object, a function that answers at once with it or after a while, or nothing. */
export type Auth =
  | { readonly kind: "none" }
  | { readonly kind: "object" | "function" | "late"; readonly value: Readonly<Record<string, unknown>> };

export interface OwnOptions {
  readonly auth?: Auth;
  readonly retries?: number;
  readonly ackTimeout?: number;
}

export type Act = ClientAct | ServerAct | NetworkAct;

export type ClientAct =
  | {
      readonly do: "io";
      readonly nsp: string;
      readonly query: string;
      readonly own: OwnOptions;
      readonly manager: Readonly<Record<string, unknown>>;
    }
  | { readonly do: "manager"; readonly manager: Readonly<Record<string, unknown>> }
  | { readonly do: "namespace"; readonly m: number; readonly nsp: string; readonly own: OwnOptions }
  | {
      readonly do: "emit";
      readonly s: number;
      readonly name: string;
      readonly args: readonly unknown[];
      readonly manner: { readonly volatile?: true; readonly timeout?: number; readonly compress?: boolean };
      readonly answer: "none" | "callback" | "promise";
      /** Done by its callback. */
      readonly leadsTo?: Act;
    }
  | { readonly do: "send"; readonly s: number; readonly args: readonly unknown[] }
  | { readonly do: "socket"; readonly s: number; readonly call: "connect" | "open" | "disconnect" | "close" }
  | { readonly do: "auth"; readonly s: number; readonly auth: Auth }
  | {
      readonly do: "listen";
      readonly s: number;
      readonly call: "on" | "once" | "off" | "off all";
      readonly name: string;
      readonly listener: number;
    }
  /** Adds a catch-all listener that does something else the first time. */
  | { readonly do: "when any"; readonly s: number; readonly call: AnyCall; readonly reaction: Act }
  /** Asks about listeners. */
  | { readonly do: "count"; readonly s: number; readonly name: string }
  /** Changes the options of a Manager, which count for its next connection. */
  | { readonly do: "edit"; readonly m: number; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly do: "any";
      readonly s: number;
      readonly call: "on" | "prepend" | "off" | "off all";
      readonly way: "" | "Outgoing";
      readonly listener: number;
    }
  /** Calls the functions by which questions of the server are answered, again as well. */
  | { readonly do: "answer" }
  | { readonly do: "open"; readonly m: number; readonly call: "open" | "connect"; readonly callback: boolean }
  | { readonly do: "close engine"; readonly m: number }
  | { readonly do: "set"; readonly m: number; readonly name: SettingName; readonly value: number | boolean }
  /** Does something else the next time that this is told. */
  | { readonly do: "when socket"; readonly s: number; readonly event: string; readonly reaction: Act }
  | { readonly do: "when manager"; readonly m: number; readonly event: string; readonly reaction: Act };

export type AnyCall = "onAny" | "prependAny" | "onAnyOutgoing" | "prependAnyOutgoing";

export type SettingName =
  | "reconnection"
  | "reconnectionAttempts"
  | "reconnectionDelay"
  | "reconnectionDelayMax"
  | "randomizationFactor"
  | "timeout";

export type ServerAct =
  | {
      readonly do: "server emits";
      readonly nsp: string;
      readonly name: string;
      readonly args: readonly unknown[];
      readonly asks: boolean;
    }
  | { readonly do: "server disconnects"; readonly nsp: string; readonly close: boolean }
  | { readonly do: "server answers" }
  | { readonly do: "server closes engines" };

export type NetworkAct =
  | { readonly do: "network"; readonly call: "cut" | "refuse" | "hold" | "forward" | "halfOpen" }
  | { readonly do: "time"; readonly ms: number };
