import { isReservedEvent } from "socket.io-parser/events";
import { dropsWhatIsSent, isRemoteSocket, isSocket, type Call, type Callee, type Memory } from "./memory.ts";
import type { Action } from "./program.ts";
import { real, written } from "./values.ts";

/** Calls the method of an action, and tells what it gives, now or later. */
export function act(memory: Memory, target: Callee, action: Action): void {
  if (isSocket(target) && dropsWhatIsSent(target, action)) return;
  // Of a socket that waits in the middlewares for long, and whose connection may end meanwhile: see compare.ts.
  if (action.name === "join" && isSocket(target) && !target.connected && target !== memory.entering) return;
  // With recovery, what middlewares send reaches the client here, and is lost upstream (docs/differences.md).
  if (memory.isRecovering && isSocket(target) && !memory.entered.has(target) && isSent(action)) return;
  // With recovery, upstream sends what has an acknowledgement, or is volatile, to all who are in the room of the socket, too.
  if (memory.isRecovering && isAboutOwnRooms(action)) return;
  // Nobody gets the answers that those who are back give to their former sockets.
  if (isSocket(target) && !target.connected && target.nsp.sockets.has(target.id) && isAsked(action)) return;
  // Upstream keeps also what cannot be encoded, and fails once somebody comes back for it.
  if (memory.isRecovering && JSON.stringify(action).includes("bigint")) return;
  // Other servers cannot speak for this one (docs/differences.md), nor throw in it.
  if (action.name === "_onServerSideEmit" && OUR_EVENTS.has(action.event)) return;
  // Nor does upstream notice then that nobody is there (row S-141).
  if (action.name === "emitWithAck" && action.ack && isSocket(target) && !target.connected) return;
  //
  if (action.name === "emitWithAck" && "sockets" in target) return;
  if (typeof target[action.name] !== "function") return memory.see("call", `no ${action.name}`);
  const call = { hasThrown: false };
  let result: unknown;
  try {
    result = target[action.name](...argsOf(memory, action, call));
  } catch (error) {
    call.hasThrown = true;
    throw error;
  }
  if (result instanceof Promise) observe(memory, action.name, result, target);
  else memory.see("call", `${action.name} gives ${nameOfResult(result, target, memory)}`);
}

const OUR_EVENTS: ReadonlySet<string | number> = new Set(["connect", "connection", "new_namespace", "error"]);

/** Whether the flags of a socket are used up by this. */
export function isSent(action: Action): boolean {
  if (action.name === "send" || action.name === "write") return true;
  return (action.name === "emit" || action.name === "emitWithAck") && !isReservedEvent(action.event);
}

function isAsked(action: Action): boolean {
  if (action.name !== "emit") return action.name === "emitWithAck";
  return action.ack || typeof real(action.args.at(-1) ?? null) === "function";
}

/** Whether sockets join the rooms of others. */
function isAboutOwnRooms(action: Action): boolean {
  const joins = action.name === "join" || action.name === "socketsJoin";
  return joins && [action.rooms].flat().some((room) => typeof room === "object");
}

function argsOf(memory: Memory, action: Action, call: { readonly hasThrown: boolean }): unknown[] {
  switch (action.name) {
    case "emit":
    case "emitWithAck":
    case "serverSideEmit":
    case "serverSideEmitWithAck": {
      const ack: Call = (...answer) => {
        // Upstream waits for the answer to what it could not encode.
        if (!call.hasThrown) memory.see("acks", `${action.event}: ${answer.map(inAnyOrder).join(", ")}`);
      };
      return [action.event, ...action.args.map(real), ...(action.ack ? [ack] : [])];
    }
    case "_onServerSideEmit": {
      const ack: Call = (answer) => memory.see("acks", `of another server, ${action.event}: ${written(answer)}`);
      return [[action.event, ...action.args.map(real), ...(action.ack ? [ack] : [])]];
    }
    case "send":
    case "write":
      return action.args.map(real);
    case "fetchSockets":
    case "allSockets":
      return [];
    case "socketsJoin":
    case "socketsLeave":
    case "join":
    case "leave":
      return [memory.rooms(action.rooms)];
    case "disconnect":
    case "disconnectSockets":
      return action.close ? [true] : [];
  }
}

export function observe(memory: Memory, what: string, promise: Promise<unknown>, target: Callee): void {
  const name = `promise ${memory.promises++}`;
  promise.then(
    (value) => {
      if (Array.isArray(value)) memory.remotes.push(...value.filter(isRemoteSocket));
      memory.see(name, `${what} resolves with ${settled(value)}`);
    },
    (error: Error) => {
      // ours tells at once that the client has left, upstream's when time is up, or never.
      const isOfLeft = isSocket(target) && !target.connected && /disconnected|timed out/.test(error.message);
      if (!isOfLeft) memory.see(name, `${what} rejects with ${written(error)}`);
    },
  );
}

export function nameOfResult(result: unknown, target: Callee, { io }: Memory): string {
  if (result === target) return "itself";
  if (result === io.sockets) return "the main namespace";
  return result === io ? "the server" : written(result);
}

function settled(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => isSocket(one) || isRemoteSocket(one))) {
    return written(value.map(({ id, rooms, data }) => [id, [...rooms], data as unknown]));
  }
  return inAnyOrder(value);
}

/** Answers of several clients come as they come. */
function inAnyOrder(value: unknown): string {
  return written(Array.isArray(value) ? value.map(written).toSorted() : value);
}
