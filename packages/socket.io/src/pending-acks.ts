import type { AckTable } from "socket.io-parser/acks";
import type { Alarm } from "./alarm.js";
import { ackTimeoutError, disconnectedError } from "./errors.js";

/** Set on the callbacks of promises, which want to know that no answer will come. */
const onDisconnect = Symbol("onDisconnect");

export type AckCallback = ((...args: never[]) => unknown) & { [onDisconnect]?: () => void };

/** Makes the callback of a promise, for an emit with a timeout or without. */
export function promisedAck<Answer>(
  timed: boolean,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): AckCallback {
  const callback = timed
    ? (error: Error | null, answer: Answer) => (error === null ? resolve(answer) : reject(error))
    : (answer: Answer) => resolve(answer);
  return Object.assign(callback, { [onDisconnect]: () => reject(disconnectedError()) });
}

/**
 * Waits for the answer to an emit of one socket.
 *
 * @param acks undefined if the socket has left: no answer will come
 * @param ack what the application gave, for its {@link onDisconnect}
 * @param call calls it
 * @param timeoutMs if given, `ack` is called with an error first: also when the socket has left
 */
export function expectAck(
  acks: AckTable | undefined,
  id: number,
  ack: AckCallback,
  call: (...args: unknown[]) => void,
  timeoutMs: number | undefined,
  alarm: Alarm,
): void {
  const told = ack[onDisconnect];
  if (acks === undefined) {
    if (told !== undefined) told();
    else if (timeoutMs !== undefined) alarm.after(timeoutMs, () => call(ackTimeoutError()));
  } else if (timeoutMs !== undefined) {
    acks.expect(id, (...args) => call(null, ...args), {
      deadline: alarm.timeAfter(timeoutMs),
      onTimeout: () => call(ackTimeoutError()),
      ...(told && { onDisconnect: told }),
    });
    alarm.arm();
  } else {
    acks.expect(id, call, told && { onDisconnect: told });
  }
}
