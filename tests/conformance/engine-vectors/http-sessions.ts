import type { Vector } from "../vectors/files.ts";
import type { Scenario } from "./scenario.ts";
import type { PollingPeer } from "./session.ts";
import type { Stage } from "./stage.ts";

/** engineio-server-http: several requests of one session. */
export const SESSIONS: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^overlapping GETs$/, { run: overlappingPolls }],
  [/^overlapping POSTs$/, { run: overlappingPosts }],
  [/^GET aborted by client$/, { run: abortedPoll }],
  [/^POST aborted by client$/, { run: abortedPost }],
  [/^server close\(\) with pending GET$/, { run: closeWithPoll }],
  [/^server close\(\) without pending GET, then GET$/, { run: closeWithoutPoll }],
  [/^client close packet with pending GET$/, { run: closePacket }],
  [/^poll returns several packets$/, { run: severalPackets }],
];

async function overlappingPolls(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const held = await peer.heldPoll();
  const second = await peer.poll();
  const first = await held.answer;
  return { first, second, third: await peer.poll(), serverClose: await peer.ending(vector["serverClose"]) };
}

async function overlappingPosts(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const unfinished = stage.bytes(request(peer, "POST", "Content-Length: 10\r\n", "4a"));
  await stage.roundTrip();
  const second = await peer.request("POST", "4b");
  const first = (await unfinished.all()) === "" ? { status: null, headers: [], body: "" } : unfinished;
  return { first, second, third: await peer.poll(), serverClose: await peer.ending(vector["serverClose"]) };
}

async function abortedPoll(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const held = stage.bytes(request(peer, "GET"));
  await stage.roundTrip();
  await held.abort();
  return { serverClose: await peer.ending(vector["serverClose"]) };
}

async function abortedPost(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const unfinished = stage.bytes(request(peer, "POST", "Content-Length: 10\r\n", "4a"));
  await stage.roundTrip();
  await unfinished.abort();
  return { serverClose: await peer.ending(vector["serverClose"]) };
}

async function closeWithPoll(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const held = await peer.heldPoll();
  peer.socket.close();
  return { poll: await held.answer, serverClose: await peer.ending(vector["serverClose"]) };
}

async function closeWithoutPoll(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  peer.socket.close();
  return { poll: await peer.poll(), serverClose: await peer.ending(vector["serverClose"]) };
}

async function closePacket(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const held = await peer.heldPoll();
  const post = await peer.request("POST", "1");
  return { poll: await held.answer, post, serverClose: await peer.ending(vector["serverClose"]) };
}

async function severalPackets(stage: Stage): Promise<object> {
  const peer = await stage.polling("EIO=4");
  peer.socket.send("a");
  peer.socket.send(Buffer.from([1, 2, 3]));
  peer.socket.send("€");
  return { poll: await peer.poll() };
}

/** A request of the session by hand, whose body may lack bytes. */
function request(peer: PollingPeer, method: string, headers = "", body = ""): string {
  const target = `/engine.io/?EIO=4&transport=polling&sid=${peer.socket.id}`;
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
}
