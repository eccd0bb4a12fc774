import type { Socket } from "socket.io-client";
import { SPECIALS, type Special } from "../server/values.ts";
import type { Auth, OwnOptions } from "./program.ts";

/* What programs say in plain data, as the API takes it. */

/** Options of a Socket as `io()` takes them. */
export function ownOptions({ auth, ...rest }: OwnOptions): object {
  return { ...rest, ...(auth && { auth: authOf(auth) }) };
}

export function authOf(auth: Auth): unknown {
  if (auth.kind === "none") return undefined;
  if (auth.kind === "object") return { ...auth.value };
  if (auth.kind === "function") return (answer: (value: object) => void) => answer({ ...auth.value });
  let calls = 0;
  return function (this: Socket, answer: (value: object) => void): void {
    const call = ++calls;
    const { engine } = this.io;
    // An answer that comes too late is sent by upstream's client all the same: see wanted.ts.
    const isInTime = (): boolean => call === calls && this.active && this.io.engine === engine;
    setTimeout(() => isInTime() && answer({ ...auth.value }), 15);
  };
}

/** A value of a program as it is emitted. */
export function valueOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(valueOf);
  if ("$" in value) return SPECIALS[value.$ as Special]();
  if ("$bytes" in value) return Buffer.alloc(value.$bytes as number, 1);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, valueOf(member)]));
}
