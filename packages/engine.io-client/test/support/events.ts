import type { TestContext } from "node:test";
import { Socket, type SocketOptions } from "engine.io-client";

/** A socket that is closed with the test. */
export function connect(t: TestContext, url: string, options: SocketOptions = {}): Socket {
  const socket = new Socket(url, options);
  t.after(() => socket.close());
  return socket;
}

/** Lets happen what a constructor has put off. */
export function nextTick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

interface Emits {
  once(name: string, listener: (...args: never[]) => void): unknown;
  on(name: string, listener: (...args: never[]) => void): unknown;
}

/** Arguments of the next such event. */
// `any`: each event has others, and the tests look into them.
// oxlint-disable-next-line typescript/no-explicit-any
export function event(emitter: unknown, name: string): Promise<any[]> {
  return new Promise((resolve) => (emitter as Emits).once(name, (...args: unknown[]) => resolve(args)));
}

/** The data of the next `count` messages. */
export function messages(socket: unknown, count: number): Promise<unknown[]> {
  const list: unknown[] = [];
  return new Promise((resolve) => {
    (socket as Emits).on("message", (data: unknown) => {
      if (list.push(data) === count) resolve(list);
    });
  });
}

/** Names of the events that a socket emits, in order, with the first argument where it is short. */
export function journal(socket: Socket): string[] {
  const list: string[] = [];
  for (const name of ["open", "upgrading", "upgrade", "upgradeError", "error", "close"] as const) {
    (socket as unknown as Emits).on(name, (first: unknown) => {
      const said = first instanceof Error ? first.message : typeof first === "string" ? first : undefined;
      list.push(said === undefined ? name : `${name}: ${said}`);
    });
  }
  return list;
}
