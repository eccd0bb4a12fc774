import { once } from "node:events";
import type { WebSocket } from "ws";
import { requireAt } from "../server/require-at.ts";
import { body, FIRST_SEQ } from "../wire/messages.ts";
import type { ClientOrder, Connect } from "./work.ts";

/** The floor of clients: `ws` alone, which moves the same messages, and neither reads nor writes JSON for each of them. */
export function connectWs({ package: at, port }: ClientOrder): Connect {
  const ws = requireAt<{ WebSocket: typeof WebSocket }>(at);
  return async () => {
    const socket = new ws.WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    let onEvent = (): void => {};
    let room = "";
    const joined = new Promise<void>((resolve) => {
      socket.on("message", (message: Buffer) => {
        if (message[0] === OPEN) socket.send("40");
        else if (message[0] === PING) socket.send("3");
        else if (message[1] === CONNECT) {
          room = (JSON.parse(message.toString("latin1", 2)) as { sid: string }).sid;
          resolve();
        } else onEvent();
      });
    });
    await once(socket, "open");
    await joined;
    return {
      echo(answered) {
        onEvent = answered;
        socket.send(ECHO);
      },
      ask(count, received) {
        onEvent = received;
        socket.send(`42${JSON.stringify(["room", room, count])}`);
      },
      close: () => socket.close(),
    };
  };
}

/** Types of packets, as they are written. */
const [OPEN, PING, CONNECT] = Buffer.from("020");
const ECHO = `421${JSON.stringify(["echo", body(FIRST_SEQ)])}`;
