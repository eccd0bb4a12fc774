// What applications do with the client's options and its Manager (rows C-53, C-60, C-62, Q-14).
import { io, Manager, Socket, type ManagerOptions, type SocketOptions } from "socket.io-client";

interface FromServer {
  hello: (text: string) => void;
}
interface FromClient {
  ask: (ack: (answer: number) => void) => void;
}
const manager = new Manager("http://localhost", { transports: ["websocket"], timeout: 1000, parser: {} });

// A Socket is typed where it is made, whatever its Manager.
const chat: Socket<FromServer, FromClient> = manager.socket("/chat");
chat.on("hello", (text) => {
  typeOf(text).is<string>();
});
export class Connection {
  private readonly socket: Socket<FromServer, FromClient>;
  constructor(options: Partial<ManagerOptions & SocketOptions>) {
    this.socket = io("/chat", { ...options, autoConnect: false });
    this.socket.io.on("reconnect_attempt", () => {
      // Documented: what counts for the next attempt.
      this.socket.io.opts.query!["attempt"] = 1;
      this.socket.io.opts.transports = ["polling", "websocket"];
      this.socket.io.opts.extraHeaders = { authorization: "bearer 1" };
      this.socket.auth = { token: "1" };
      this.socket.auth = (callback) => callback({ token: "2" });
    });
    Object.assign(this.socket.auth, { more: 1 });
    this.socket.io.engine.on("close", (reason) => reason);
    this.socket.io.engine.once("upgrade", (transport) => transport.name);
    typeOf(this.socket.io.engine.transport.name).is<string>();
    typeOf(this.socket.id).is<string | undefined>();
    typeOf(this.socket.connected).is<boolean>();
    typeOf(this.socket.active).is<boolean>();
    typeOf(this.socket.recovered).is<boolean>();
  }
  connect(): void {
    this.socket.connect().volatile.compress(true);
    this.socket.disconnect().close();
  }
}

// Settings that may be absent.
declare const count: number | undefined;
declare const wanted: boolean | undefined;
manager.reconnection(wanted);
manager.reconnectionAttempts(count);
manager.reconnectionDelay(count);
manager.reconnectionDelayMax(count);
manager.randomizationFactor(count);
typeOf(manager.reconnectionDelay()).is<number>();
typeOf(manager.reconnectionDelay(1).reconnection(false)).is<Manager>();
manager.open((err) => err?.message);
manager.connect();

// Any Socket where any is asked for.
const takesAny = (socket: Socket<any, any>): typeof socket => socket;
takesAny(chat);
takesAny(io());
const takesUntyped = (socket: Socket): void => void socket.emit("x");
takesUntyped(io());
