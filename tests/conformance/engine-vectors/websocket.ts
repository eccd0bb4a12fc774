import { upgradeRequest } from "../../support/upgrade-request.ts";
import type { Vector } from "../vectors/files.ts";
import { type BytesPeer, type Seen } from "./bytes-peer.ts";
import type { Scenario } from "./scenario.ts";
import type { Session } from "./session.ts";
import type { Stage } from "./stage.ts";

const TARGET = "/engine.io/?EIO=4&transport=websocket";
const HEARTBEAT = { pingInterval: 150, pingTimeout: 100 };

/** engineio-server-websocket: sessions over WebSocket from the first byte. */
export const CONNECTIONS: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^ws heartbeat no pong$/, { options: HEARTBEAT, run: noPong }],
  [/^ws heartbeat, message instead of pong/, { options: HEARTBEAT, run: messageInsteadOfPong }],
  [/^ws heartbeat answered 4 times$/, { options: { pingInterval: 50, pingTimeout: 10_000 }, run: answered }],
  [/^perMessageDeflate default$/, { run: compression }],
  [/^perMessageDeflate true$/, { options: { perMessageDeflate: true }, run: compression }],
  [/^perMessageDeflate threshold 10$/, { options: { perMessageDeflate: { threshold: 10 } }, run: compression }],
  [/^ws handshake$/, { run: handshake }],
  [/^ws message larger/, message("4aaaaaaaaaa", { maxHttpBufferSize: 10 })],
  [/^ws message exactly/, message("4aaaaaaaaa", { maxHttpBufferSize: 10 })],
  [/^ws invalid packet abc$/, message("abc")],
  [/^ws empty text message$/, message("")],
  [/^ws close packet "1"$/, message("1")],
  [/^ws ping packet "2" from client$/, message("2")],
  [/^ws "b" \+ base64 text$/, message("bAQID")],
  [/^ws open packet$/, message("0")],
  [/^ws noop packet$/, message("6")],
  [/^ws upgrade packet$/, message("5")],
  [/^ws "4" empty message$/, message("4")],
  [/^ws "7"$/, message("7")],
  [/^ws upgrade on foreign path/, { attachOptions: { destroyUpgradeTimeout: 10 }, run: upgradeRequested }],
  [/^ws /, { run: upgradeRequested }],
];

/** A session whose open packet has been read. */
async function opened(stage: Stage): Promise<[peer: BytesPeer, session: Session, open: Seen]> {
  const session = stage.nextSession();
  const peer = stage.bytes(upgradeRequest(TARGET));
  return [peer, await session, await peer.next()];
}

/** One text message, and what it leads to. */
function message(text: string, options: object = {}): Scenario {
  return {
    options,
    async run(stage, vector) {
      const [peer, session, open] = await opened(stage);
      peer.send(text);
      const first = await peer.nextIfAny();
      const got = Array.isArray(vector["got"])
        ? [first, await afterClose(stage, peer, vector["got"][1] as Seen)]
        : first;
      const [app = session.app.length > 0 ? "(undefined)" : null] = session.app;
      return {
        got,
        serverClose: await session.ending(vector["serverClose"]),
        ...("app" in vector && { app }),
        ...("open" in vector && "text" in open && { open: open.text }),
      };
    },
  };
}

/** After the server's close frame it waits for ours, unless what came was too large to read on. */
async function afterClose(stage: Stage, peer: BytesPeer, recorded: Seen): Promise<Seen> {
  if ("closed" in recorded) return peer.next();
  await stage.roundTrip();
  return peer.isClosed ? { closed: true } : { timeout: true };
}

async function handshake(stage: Stage): Promise<object> {
  const [peer, , first] = await opened(stage);
  return { response: peer.response, first: "text" in first ? first.text : first };
}

/** The request of the vector, refused or not. */
async function upgradeRequested(stage: Stage, vector: Vector): Promise<object> {
  const { target, headers } = vector as unknown as { target: string; headers: Record<string, string | null> };
  const peer = stage.bytes(upgradeRequest(target, headers));
  const upgraded = await peer.upgraded();
  const observed = { target, headers, upgraded, connection_error: stage.refusal };
  if (!upgraded) return refused(observed, peer);
  const recorded = vector["afterUpgrade"] as Seen[] | undefined;
  const first = await peer.next();
  const second =
    "text" in first ? await peer.nextIfAny() : await afterClose(stage, peer, recorded?.[1] ?? { closed: true });
  // What is refused after the upgrade is reported after it too.
  return { ...observed, connection_error: stage.refusal, response: peer.response, afterUpgrade: [first, second] };
}

async function refused(observed: object, peer: BytesPeer): Promise<object> {
  const rawResponse = await peer.all();
  const [, body = ""] = rawResponse.split("\r\n\r\n");
  const response = rawResponse === "" ? { status: null, headers: [], body } : { ...peer.response, body };
  return { ...observed, response, rawResponse };
}

async function compression(stage: Stage): Promise<object> {
  const session = stage.nextSession();
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
  const peer = stage.bytes(upgradeRequest(TARGET, offer));
  const open = await peer.next();
  (await session).socket.send("x".repeat(3_000));
  const large = await peer.next();
  const { headers } = peer.response;
  return {
    ext: headers.find(([name]) => name === "Sec-WebSocket-Extensions")?.[1] ?? null,
    openRsv1: "rsv1" in open && open.rsv1,
    bigRsv1: "rsv1" in large && large.rsv1,
  };
}

/** When things come is told by the session machine's tests, over a virtual clock; here it is what comes. */
async function noPong(stage: Stage, vector: Vector): Promise<object> {
  const recorded = vector["events"] as [[Seen, number], [Seen, number], Seen];
  const [peer, session] = await opened(stage);
  const ping = [await peer.next(), recorded[0][1]];
  const close = [await peer.next(), recorded[1][1]];
  const last = await afterClose(stage, peer, recorded[2]);
  return { events: [ping, close, last], serverClose: await session.ending(vector["serverClose"]) };
}

/** One message answers the other while the session lives: if each of them counted, it would never end. */
async function messageInsteadOfPong(stage: Stage, vector: Vector): Promise<object> {
  const [peer, session] = await opened(stage);
  const a = await peer.next();
  session.socket.on("message", () => session.socket.send("again"));
  let b: Seen;
  do {
    peer.send("4x");
    b = await peer.next();
  } while ("text" in b);
  const { closedAfterMs } = vector as unknown as { closedAfterMs: number };
  return { a, b, closedAfterMs, serverClose: await session.ending(vector["serverClose"]) };
}

async function answered(stage: Stage): Promise<object> {
  const [peer, session] = await opened(stage);
  let n = 0;
  for (; n < 4; n++) {
    const seen = await peer.next();
    if (!("text" in seen) || seen.text !== "2") break;
    peer.send("3");
  }
  return { n, serverClose: await session.ending(null) };
}
