import type { TestContext } from "node:test";
import type { ServerOptions } from "socket.io";
import { serve } from "./fake-engine.ts";

type Report = [message: unknown, socket: string | undefined, event: string | symbol];

/** A server whose errors of listeners are kept. */
export function watched(options: Partial<ServerOptions> = {}) {
  const served = serve(options);
  const reports: Report[] = [];
  served.io.on("listener_error", (error, socket, event) =>
    reports.push([error instanceof Error ? error.message : error, socket?.id, event]),
  );
  return { ...served, reports };
}

export async function connected(options: Partial<ServerOptions> = {}) {
  const served = watched(options);
  const peer = served.engine.connect();
  const socket = served.io.sockets.sockets.get(await peer.join())!;
  return { ...served, peer, socket };
}

export const fail = (message: string) => () => {
  throw new Error(message);
};
export const reject =
  (message: string): (() => unknown) =>
  async () => {
    await Promise.resolve();
    throw new Error(message);
  };

/** What is printed to stderr instead of being printed. */
export function capture(t: TestContext, inspect?: (value: unknown) => void): string[] {
  const printed: string[] = [];
  t.mock.method(console, "error", (...args: unknown[]) => {
    for (const arg of args) inspect?.(arg);
    printed.push(args.map((arg) => (arg instanceof Error ? arg.stack : String(arg))).join(" "));
  });
  return printed;
}
