import { upgradeRequest } from "../../support/upgrade-request.ts";
import { overWebSocket } from "./behaviour.ts";
import { WebSocketPeer } from "./peers.ts";
import { type Query, type Stage } from "./stage.ts";

/** Opens a session and gives the values of a header of the first answer, a line each. */
export async function firstAnswer(
  stage: Stage,
  query: Query = {},
  sent: Record<string, string> = {},
): Promise<(name: string) => string[]> {
  if (overWebSocket(stage.cell)) {
    const peer = new WebSocketPeer(stage.port, upgradeRequest(stage.target(query), sent), stage.codec);
    const head = await peer.opened();
    return (name) =>
      head
        .split("\r\n")
        .filter((line) => line.toLowerCase().startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2));
  }
  const { headers } = await stage.ask("GET", query, undefined, sent);
  return (name) => [headers[name] ?? []].flat();
}
