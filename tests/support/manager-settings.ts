import type { Manager } from "socket.io-client";

/** What can be read and set of a Manager, in this order. */
export function settingsOf(manager: Manager): unknown[] {
  return [
    manager.reconnection(),
    manager.reconnectionAttempts(),
    manager.reconnectionDelay(),
    manager.reconnectionDelayMax(),
    manager.randomizationFactor(),
    manager.timeout(),
  ];
}
