import { once } from "node:events";
import { WebSocket } from "ws";
import type { Actions } from "./actions.ts";

/** What the package `ws` sees as a client while it does these things, in lines as those of a case. */
export async function playByWs(port: number, actions: Actions, delivery: "at once" | "frames"): Promise<string[]> {
  const { client, lines } = listen(port);
  await once(client, "open");
  for (const action of actions) {
    if (action.kind === "message") client.send(action.payload, { binary: !action.isText, fin: action.fin });
    else if (action.kind === "close") client.close(action.code, action.reason);
    else client[action.kind](action.payload);
    if (delivery === "frames") await new Promise(setImmediate);
  }
  if (client.readyState !== WebSocket.CLOSED) await once(client, "close");
  return lines;
}

/** What it sees if it says nothing of its own. */
export async function listenByWs(port: number): Promise<string[]> {
  const { client, lines } = listen(port);
  await once(client, "close");
  return lines;
}

function listen(port: number): { client: WebSocket; lines: string[] } {
  const lines: string[] = [];
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  const hex = (data: Buffer): string => (data.length === 0 ? "" : ` ${data.toString("hex")}`);
  client.on("message", (data: Buffer, isBinary) =>
    lines.push(isBinary ? `binary${hex(data)}` : `text ${data.toString()}`),
  );
  client.on("ping", (data) => lines.push(`ping${hex(data)}`));
  client.on("pong", (data) => lines.push(`pong${hex(data)}`));
  client.on("error", (error) => lines.push(`error ${error.message}`));
  client.on("close", (code, reason) => lines.push(closeLine(code, reason.toString()), "end"));
  return { client, lines };
}

/** 1005 stands for a close frame without a code (RFC 6455, 7.4.1). */
export function closeLine(code: number, reason: string): string {
  return code === 1005 ? "close" : `close ${code}${reason === "" ? "" : ` ${reason}`}`;
}
