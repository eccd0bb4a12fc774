import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { RawWebTransport } from "../../support/memory-webtransport.ts";
import type { Vector } from "../vectors/files.ts";
import type { Scenario } from "./scenario.ts";
import type { EngineSocket } from "./session.ts";
import type { Stage } from "./stage.ts";

const options = { transports: ["polling", "websocket", "webtransport"], maxHttpBufferSize: 1000 };

/** engineio-webtransport-server, in the order of the file. */
export const WEBTRANSPORT: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^direct handshake$/, { options, run: handshake }],
  [/^first packet is not open$/, { options, run: exchange }],
  [/^open with unknown sid$/, { options, run: exchange }],
  [/^open with invalid JSON$/, { options, run: exchange }],
  // Recorded with 400 ms: how many they are is not observed.
  [/^no stream data within upgradeTimeout/, { options: { ...options, upgradeTimeout: 20 }, run: waitForEnd }],
  [/^zero-length frame after handshake$/, { options, run: exchange }],
  [/^frame longer than maxHttpBufferSize/, { options, run: exchange }],
  [/^close packet$/, { options, run: exchange }],
  [/^upgrade from polling$/, { options, run: upgrade }],
];

async function exchange(stage: Stage, vector: Vector): Promise<object> {
  const serverEvents = record(stage);
  const peer = await arrive(stage);
  for (const bytes of sent(vector)) {
    peer.sendHex(bytes);
    await settled();
  }
  return { clientSends: vector["clientSends"], sessionClosed: peer.isClosed, serverEvents };
}

async function handshake(stage: Stage, vector: Vector): Promise<object> {
  const frame = await readOpenFrame(stage, vector);
  return { ...(await exchange(stage, vector)), serverOpenFrame: frame.toString("hex"), asText: frame.toString() };
}

/** The first bytes that the server writes, with the id that was recorded. */
async function readOpenFrame(stage: Stage, vector: Vector): Promise<Buffer> {
  const peer = new RawWebTransport();
  const connection = stage.connection();
  void stage.serveWebTransport(peer.server);
  const { readable, writable } = await peer.createBidirectionalStream();
  const writer = writable.getWriter();
  void writer.write(Buffer.from("0130", "hex"));
  const { id } = await connection;
  const recorded = /"sid":"([^"]+)"/.exec(vector["asText"] as string)![1]!;
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  // Upstream writes header and payload one after the other.
  while (Buffer.concat(chunks).length < (vector["asText"] as string).length) chunks.push((await reader.read()).value!);
  return Buffer.from(Buffer.concat(chunks).toString("latin1").replace(id, recorded), "latin1");
}

async function waitForEnd(stage: Stage, vector: Vector): Promise<object> {
  const serverEvents = record(stage);
  const peer = await arrive(stage);
  await peer.closed;
  return { clientSends: vector["clientSends"], sessionClosed: peer.isClosed, serverEvents };
}

async function upgrade(stage: Stage, vector: Vector): Promise<object> {
  const polling = await stage.polling("EIO=4");
  const { socket } = polling;
  const serverEvents: unknown[] = [];
  socket.on("upgrade", (transport: { name: string }) => serverEvents.push(["upgrade", transport.name]));
  socket.on("message", (data: unknown) => serverEvents.push(["message", data]));
  const { answer } = await polling.heldPoll();
  const peer = await arrive(stage);
  const [, probe = "", switchOver = "", message = ""] = sent(vector);
  await peer.send({ type: "open", data: JSON.stringify({ sid: socket.id }) });
  peer.sendHex(probe);
  const pong = await peer.receive();
  const poll = await answer;
  const upgraded = once(socket, "upgrade");
  peer.sendHex(switchOver);
  await upgraded;
  const received = once(socket, "message");
  peer.sendHex(message);
  await received;
  return {
    open: polling.open.body.replace(socket.id, "<sid>"),
    clientSends: vector["clientSends"],
    probeAnswer: frameOf(`3${pong?.data}`),
    pollAnswer: poll.body,
    sessionClosed: peer.isClosed,
    serverEvents,
  };
}

async function arrive(stage: Stage): Promise<RawWebTransport> {
  const peer = await new RawWebTransport().open();
  // As it was recorded: upstream leaves the rejections of a broken stream unhandled.
  peer.breaksStream = false;
  void stage.serveWebTransport(peer.server);
  return peer;
}

/** What the server tells the application, from its next session on. */
function record(stage: Stage): unknown[] {
  const events: unknown[] = [];
  stage.onConnection((socket: EngineSocket) => {
    events.push(["connection", (socket.transport as unknown as { name: string }).name, socket.protocol]);
    socket.on("message", (data: unknown) => {
      events.push(["message", Buffer.isBuffer(data) ? { $bin: data.toString("hex") } : data]);
    });
    socket.on("close", (reason: string) => events.push(["close", reason]));
  });
  return events;
}

/** As hex; those that hold an id are told in words. */
function sent(vector: Vector): string[] {
  return (vector["clientSends"] as string[]).map((text) => {
    const json = /^\(open.* with (\{.*\})\)$/.exec(text)?.[1];
    return json === undefined ? text : frameOf(`0${json}`);
  });
}

function frameOf(text: string): string {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]).toString("hex");
}

/** In memory all that follows from a write has happened after a few turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}
