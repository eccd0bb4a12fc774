import type { Manager, Socket } from "socket.io-client";
import { insides } from "../../conformance/client/stage.ts";
import type { Act } from "./program.ts";

/*
 * What our client does differently on purpose, or what an issue asks for and upstream's does not do: programs leave it out. All of
 * this is asked of what both clients show alike, so that both leave out the same.
 */

/** Whether an act would show such a difference, as things stand. */
export function isWanted(act: Act["do"] | "volatile" | "manner", it: Socket | Manager): boolean {
  const manager = "io" in it ? it.io : it;
  const { _readyState: state, _reconnecting: isReconnecting } = insides(manager);
  switch (act) {
    // docs/differences.md: volatile events before the answer to CONNECT.
    case "volatile":
      return !(it as Socket).connected;
    // Rows C-93 and C-123: for the next event only. What waits in upstream's queue of `retries` leaves it to those that follow as well.
    case "manner":
      return Boolean((it as Socket)._opts.retries);
    case "socket": {
      const { active, connected } = it as Socket;
      // A second CONNECT while the answer to the first is awaited makes upstream's server end the connection.
      if (active && !connected && state === "open") return true;
      // In which order the Sockets of a Manager join: ours as they were made, upstream's as they were last connected.
      return !active && Object.values(insides(manager).nsps).at(-1) !== it;
    }
    // "Never in limbo" (Socket.IO client, whole): after this, upstream's Manager takes itself to be reconnecting for ever.
    case "open":
      return state === "closed" && Boolean(isReconnecting);
    // The same: upstream's Manager does not notice the end of an engine that was not open yet, nor its Socket that of one which upgrades.
    case "close engine":
      return state !== "open" || isUpgrading(manager);
    // The same: a loop that is ended in a listener of its own leaves upstream's Manager reconnecting for ever.
    case "set":
      return state === "closed" && Boolean(isReconnecting);
    default:
      return false;
  }
}

/** The same of an act in a listener. */
export function isWantedIn(event: string, { do: act }: Act, socket: Socket): boolean {
  // Never in limbo again: who connects while the next attempt is about to be planned leaves upstream's Manager reconnecting for ever.
  const isEnd = event === "disconnect" || event === "connect_error";
  return isEnd && (act === "open" || act === "io" || (act === "socket" && socket.active));
}

/**
 * The same of an act in a catch-all listener for what is sent. Until they have been told, upstream's Socket keeps what was said of the event,
 * and applies it to others (rows C-93 and C-123); after DISCONNECT it sends the event all the same, for which the server ends the connection.
 *
 * @param hasManner whether something was said of the event
 */
export function isWantedInOutgoing({ do: act }: Act, socket: Socket, hasManner: boolean): boolean {
  if (act === "socket") return true;
  return act === "emit" && (hasManner || Boolean(socket._opts.retries));
}

function isUpgrading({ engine, opts }: Manager): boolean {
  return opts.transports?.length === 2 && engine.transport.name === "polling";
}
