import { randomBytes } from "node:crypto";
import type { Socket } from "socket.io-client";
import { loadClient } from "../interop/implementations.ts";
import { RawWebSocket } from "../support/raw-peer.ts";

/** One of many who come and go. */
export interface SoakClient {
  /** One of the things that clients do; `dice` from 0 to 1 says which. */
  act(dice: number): void;
  leave(): void;
}

export type Kind = "ours" | "ours by polling" | "upstream" | "raw";
/** By turns. Half speak by hand: a library takes several times as long to connect. */
export const KINDS: readonly Kind[] = ["ours", "raw", "upstream", "raw", "ours by polling", "raw"];

const ROOMS = 100;
const room = (dice: number): string => `room ${Math.floor(dice * 1000) % ROOMS}`;

export function comeIn(kind: Kind, port: number): SoakClient {
  if (kind === "raw") return new RawClient(port);
  if (kind === "ours by polling") return new LibraryClient("ours", port, ["polling"]);
  return new LibraryClient(kind, port, ["polling", "websocket"]);
}

/** It comes back by itself. */
class LibraryClient implements SoakClient {
  readonly #socket: Socket;

  constructor(maker: "ours" | "upstream", port: number, transports: ("polling" | "websocket")[]) {
    this.#socket = loadClient(maker).io(`http://127.0.0.1:${port}`, {
      forceNew: true,
      transports,
      reconnectionDelay: 200,
      reconnectionDelayMax: 1000,
    });
    this.#socket.on("question", (data: unknown, done: (data: unknown) => void) => done(data));
  }

  act(dice: number): void {
    const socket = this.#socket;
    if (!socket.connected) {
      if (!socket.active) socket.connect();
    } else if (dice < 0.2) socket.emit("join", room(dice), () => {});
    else if (dice < 0.3) socket.emit("leave", room(dice));
    else if (dice < 0.55) socket.timeout(3000).emit("echo", { bytes: randomBytes(200) }, () => {});
    else if (dice < 0.7) socket.emit("tell", room(dice), randomBytes(50));
    else if (dice < 0.8) socket.emit("ask");
    else if (dice < 0.9) socket.disconnect().connect();
    else socket.io.engine.close();
  }

  leave(): void {
    this.#socket.disconnect();
  }
}

/** Speaks frames by hand, without manners: it leaves half of what it has begun. */
class RawClient implements SoakClient {
  readonly #port: number;
  #socket: RawWebSocket;

  constructor(port: number) {
    this.#port = port;
    this.#socket = this.#open();
  }

  act(dice: number): void {
    const socket = this.#socket;
    if (socket.taken().some((message) => String(message).startsWith("closed"))) this.#socket = this.#open();
    else if (!socket.isOpen) return;
    else if (dice < 0.3) socket.send(`42["join","${room(dice)}"]`, "3");
    else if (dice < 0.5) socket.send('451-7["echo",{"_placeholder":true,"num":0}]', randomBytes(100));
    else if (dice < 0.6) socket.send('451-["echo",{"_placeholder":true,"num":0}]');
    else if (dice < 0.7) socket.send('42["ask"]', "3");
    else if (dice < 0.8) socket.terminate();
    else socket.send("3");
  }

  leave(): void {
    this.#socket.terminate();
  }

  #open(): RawWebSocket {
    const socket = new RawWebSocket(this.#port);
    void socket.opened().then(() => socket.isOpen && socket.send("40"));
    return socket;
  }
}
