// Rows T-13 and T-35 to T-40: compiled with the tests, never run. What must not compile is expected not to.
import io, { connect, Manager, Socket } from "socket.io-client";
import type { DisconnectDescription, ExtendedError, ManagerOptions, SocketOptions } from "socket.io-client";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile unless the value is of exactly that type; `any` is only `any`. */
type Check = <Expected>() => <Actual>(value: Actual, same: Same<Actual, Expected>) => void;

interface Received {
  noArgs: () => void;
  one: (text: string, n: number) => void;
}
interface Sent {
  message: (text: string, ack: (n: number, text: string) => void) => void;
  plain: (n: number) => void;
  noValue: (ack: () => void) => void;
}
enum Names {
  Some = "some",
}

export function untyped(is: Check, url: string | undefined): Socket[] {
  const socket: Socket = io();
  socket.on("anything", (a, b) => {
    // oxlint-disable-next-line typescript/no-explicit-any -- row T-37
    is<any>()(a, true);
    // oxlint-disable-next-line typescript/no-explicit-any
    is<any>()(b, true);
  });
  socket.on(Names.Some, (a) => {
    // oxlint-disable-next-line typescript/no-explicit-any
    is<any>()(a, true);
  });
  socket.emit(Names.Some, 1, "2", () => {});
  is<true>()(socket.emit("anything"), true);
  socket.timeout(1).emit("anything", 1, (err: Error, value: string) => [err, value]);
  // oxlint-disable-next-line typescript/no-explicit-any
  is<Promise<any>>()(socket.emitWithAck("anything", 1), true);
  // @ts-expect-error connect has no arguments
  socket.on("connect", (value) => value);
  socket.on("connect_error", (error) => is<ExtendedError>()(error, true));
  socket.on("disconnect", (reason, description) => {
    is<Socket.DisconnectReason>()(reason, true);
    is<DisconnectDescription | undefined>()(description, true);
  });
  socket.io.on("reconnect_attempt", (attempt) => is<number>()(attempt, true));
  const options: Partial<ManagerOptions & SocketOptions> = { retries: 3, auth: (cb) => cb({ token: "t" }) };
  return [
    io("url"),
    io(options),
    io("url", options),
    io(url),
    connect(undefined, {}),
    new Manager("url", options).socket("/"),
    new Manager(options).socket("/"),
    io().on("connect", () => {}),
  ];
}

export function typed(is: Check): Socket<Received, Sent> {
  const socket: Socket<Received, Sent> = io();
  socket.on("one", (text, n) => {
    is<string>()(text, true);
    is<number>()(n, true);
  });
  // @ts-expect-error too many parameters
  socket.on("noArgs", (value: number) => value);
  // @ts-expect-error an event of the other map
  socket.on("message", () => {});
  // @ts-expect-error an event of the other map
  socket.emit("one", "text", 1);
  // @ts-expect-error wrong argument
  socket.emit("plain", "text");
  socket.volatile.emit("plain", 1);
  socket.emit("message", "text", (n, text) => {
    is<number>()(n, true);
    is<string>()(text, true);
  });
  socket.timeout(1).emit("message", "text", (err, n, text) => {
    is<Error>()(err, true);
    is<number>()(n, true);
    is<string>()(text, true);
  });
  socket.timeout(1).emit("noValue", (err) => is<Error>()(err, true));
  is<Promise<number>>()(socket.emitWithAck("message", "text"), true);
  is<Promise<number>>()(socket.timeout(1).emitWithAck("message", "text"), true);
  return socket.off("one").on("noArgs", () => {});
}

/** Applications derive classes of their own. */
export class Derived extends Socket<Received, Sent> {}
