import assert from "node:assert/strict";
import type { ServerOptions, Socket } from "engine.io";
import { RawWebTransport } from "../../../tests/support/memory-webtransport.ts";
import type { Served } from "./support.ts";

export const OPTIONS: ServerOptions = { transports: ["polling", "websocket", "webtransport"], maxHttpBufferSize: 1000 };

/** A client's session that the server has in hand, and the promise that the server gave. */
export async function arrive({ engine }: Served): Promise<[RawWebTransport, Promise<void>]> {
  const peer = await new RawWebTransport().open();
  return [peer, engine.onWebTransportSession(peer.server)];
}

/** A session over WebTransport, its open packet read. */
export async function webtransportSession(served: Served): Promise<[RawWebTransport, Socket]> {
  const connection = served.connection();
  const [peer] = await arrive(served);
  await peer.send({ type: "open" });
  await peer.receive();
  return [peer, await connection];
}

/** A session that the server turns away: closed, and nobody was told of a connection. */
export async function turnedAway(served: Served, act: (peer: RawWebTransport) => unknown): Promise<void> {
  served.engine.once("connection", () => assert.fail("no session was to begin"));
  const [peer, done] = await arrive(served);
  await act(peer);
  await done;
  await peer.closed;
  assert.equal(peer.server.closedByServer, 1);
  served.engine.removeAllListeners("connection");
}
