import assert from "node:assert/strict";
import type { Server, Socket } from "socket.io";
import { http, RawWebSocket, type RawPolling } from "../../support/raw-peer.ts";
import type { Stage } from "./stage.ts";

/** A socket of the main namespace whose client polls. No GET is held. */
export async function joinPolling(stage: Stage, io: Server): Promise<{ socket: Socket; peer: RawPolling }> {
  const peer = await stage.polling(stage.port(io));
  await peer.post("40");
  const [answer = ""] = await peer.receive(1);
  const { sid } = JSON.parse(answer.slice(2)) as { sid: string };
  const socket = io.sockets.sockets.get(sid);
  assert.ok(socket, "the server knows the id that it has answered");
  return { socket, peer };
}

/** The same, by a handshake with a query and headers of one's own. */
export async function joinBy(
  stage: Stage,
  io: Server,
  query: string,
  headers: Record<string, string> = {},
): Promise<Socket> {
  const url = `/socket.io/?EIO=4&transport=polling${query}`;
  const opened = await http(stage.port(io), "GET", url, undefined, headers);
  const { sid } = JSON.parse(opened.body.slice(1)) as { sid: string };
  const connection = stage.event(io, "connection") as Promise<[Socket]>;
  await http(stage.port(io), "POST", `${url}&sid=${sid}`, "40", headers);
  return (await connection)[0];
}

/** Takes a polling session over to a WebSocket, which is given. */
export async function upgrade(stage: Stage, io: Server, peer: RawPolling): Promise<RawWebSocket> {
  const websocket = await new RawWebSocket(stage.port(io), `&sid=${peer.sid}`).opened();
  stage.defer(() => websocket.terminate());
  websocket.send("2probe");
  assert.deepEqual(await websocket.receive(1), ["3probe"]);
  websocket.send("5");
  return websocket;
}
