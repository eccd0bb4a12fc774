import type { RawWebSocket } from "../../support/raw-peer.ts";
import type { Vector } from "../vectors/files.ts";
import type { Scenario } from "./scenario.ts";
import type { Session } from "./session.ts";
import type { Stage } from "./stage.ts";

/** engineio-v3-server, in the order of the file. */
export const REVISION_3: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^v3 handshake xhr/, handshake("EIO=3")],
  [/^protocol reported$/, { run: async (stage) => ({ protocol: (await stage.polling("EIO=3")).socket.protocol }) }],
  [/^v3 poll text euro$/, poll("EIO=3", "€")],
  [/^v3 poll text emoji/, poll("EIO=3", "😀")],
  [/^v3 poll text\+binary/, poll("EIO=3", "€", "$01020304")],
  [/^v3 poll empty binary$/, poll("EIO=3", "$")],
  [/^v3 POST /, { run: post }],
  [/^v3 bad POST /, { run: badPost }],
  [/^v3 handshake b64=1$/, handshake("EIO=3&b64=1")],
  [/^v3 poll b64 text\+binary$/, poll("EIO=3&b64=1", "€", "$01020304")],
  [/^jsonp EIO=3 handshake$/, handshake("EIO=3&j=0&b64=1")],
  [/^jsonp EIO=4 handshake$/, handshake("EIO=4&j=0&b64=1")],
  [/^jsonp EIO=3 poll escaped$/, poll("EIO=3&j=0&b64=1", 'a"b\u2028c\n\\n€')],
  [/^jsonp EIO=4 poll escaped$/, poll("EIO=4&j=0&b64=1", 'a"b\u2028c\n\\n€')],
  // Recorded without b64: that is what makes upstream fail in revision 3 (protocols.md 9.2, 11).
  [/^jsonp EIO=3 poll binary$/, poll("EIO=3&j=0", "$01020304")],
  [/^jsonp EIO=4 poll binary$/, poll("EIO=4&j=0", "$01020304")],
  [/^jsonp EIO=\d post d=/, { run: submit }],
  [/^jsonp EIO=\d post without d$/, { run: submitNothing }],
  [/^jsonp j sanitised$/, handshake("EIO=3&j=1a2);b1")],
  [/^v3 ws handshake$/, { run: async (stage) => ({ first: await firstOf(stage, "EIO=3") }) }],
  [/^v3 ws ping$/, exchange("EIO=3", "2")],
  [/^v3 ws ping with data$/, exchange("EIO=3", "2foo")],
  [/^v3 ws text$/, { run: async (stage) => ({ got: await sent(stage, "EIO=3", "hi") }) }],
  [/^v3 ws binary out$/, { run: async (stage) => await sent(stage, "EIO=3", Buffer.from([1, 2])) }],
  [/^v3 ws binary in$/, frameIn(Buffer.from([4, 9, 8]))],
  [/^v3 ws binary unknown type$/, frameIn(Buffer.from([9, 1]))],
  [/^v3 ws b64 in$/, frameIn("b4AQID")],
  [/^v3 ws pong from client$/, exchange("EIO=3", "3")],
  [/^v3 ws b64=1/, { run: async (stage) => ({ got: await sent(stage, "EIO=3&b64=1", Buffer.from([1, 2])) }) }],
  [/^v4 ws b64=1/, { run: async (stage) => ({ got: await sent(stage, "EIO=4&b64=1", Buffer.from([1, 2])) }) }],
  [/^v3 upgrade$/, { run: upgrade }],
  [/^v3 server close poll$/, { run: serverClose }],
  [/^v3 heartbeat: no client ping$/, heartbeat(false)],
  [/^v3 heartbeat: message does not refresh$/, heartbeat(true)],
];

function handshake(query: string): Scenario {
  return { run: async (stage) => (await stage.polling(query)).open };
}

/** @param messages text, or "$" and bytes in hexadecimal */
function poll(query: string, ...messages: string[]): Scenario {
  return {
    async run(stage) {
      const peer = await stage.polling(query);
      for (const text of messages) peer.socket.send(text[0] === "$" ? Buffer.from(text.slice(1), "hex") : text);
      return peer.poll();
    },
  };
}

async function post(stage: Stage, vector: Vector): Promise<object> {
  const { request } = vector as unknown as { request: { body?: string; hex?: string } };
  const peer = await stage.polling("EIO=3");
  const held = await peer.heldPoll();
  const response = await peer.post(request.body ?? Buffer.from(request.hex!, "hex"));
  const { app, close } = peer;
  // What the poll is answered with if nothing else made the server answer.
  peer.socket.send("nothing");
  const answer = await held.answer;
  return { request, response, app, poll: answer.body === "8:4nothing" ? null : answer, close };
}

async function badPost(stage: Stage, vector: Vector): Promise<object> {
  const body = vector["body"] as string;
  const isBinary = /bad utf8|unterminated/.test(vector.name);
  const peer = await stage.polling("EIO=3");
  const { status, body: res } = await peer.post(isBinary ? Buffer.from(body, "hex") : body);
  // Answered by the session if it lives, refused if not; either way what the first one led to is over.
  await peer.post("1:6");
  return { body, status, res, app: peer.app, close: peer.close };
}

/** The EIO 3 vectors were recorded in one session, and with its end: an empty payload leads to the same. */
async function submit(stage: Stage, vector: Vector): Promise<object> {
  const [, eio, literal] = /EIO=(\d) post d=(.*)$/.exec(vector.name)!;
  const peer = await stage.polling(`EIO=${eio}&j=0&b64=1`);
  const response = await peer.post(`d=${encodeURIComponent(JSON.parse(literal!) as string)}`);
  if (eio === "3") {
    if (peer.close !== null) throw new Error(`the payload ended the session: ${JSON.stringify(peer.close)}`);
    await peer.post("d=");
  }
  return { response, app: peer.app, close: peer.close };
}

async function submitNothing(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling(`EIO=${/\d/.exec(vector.name)![0]}&j=0&b64=1`);
  const response = await peer.post("x=1");
  if (peer.app.length > 0) throw new Error("something was delivered");
  return { response, close: peer.close };
}

async function firstOf(stage: Stage, query: string): Promise<unknown> {
  const [websocket] = await stage.websocket(query);
  const [first] = await websocket.receive(1);
  websocket.close();
  return first;
}

/** A session whose open packet has been read. */
async function opened(stage: Stage, query: string): Promise<[RawWebSocket, Session]> {
  const [websocket, session] = await stage.websocket(query);
  await websocket.receive(1);
  return [websocket, session];
}

/** One frame to the server, one from it. */
function exchange(query: string, frame: string): Scenario {
  return {
    async run(stage) {
      const [websocket, session] = await opened(stage, query);
      websocket.send(frame);
      const got = await next(websocket);
      websocket.terminate();
      return { got, ...(session.close !== null && { close: session.close }) };
    },
  };
}

async function sent(stage: Stage, query: string, data: unknown): Promise<object> {
  const [websocket, { socket }] = await opened(stage, query);
  socket.send(data);
  const got = await next(websocket);
  websocket.terminate();
  return got;
}

/** A frame that is not answered; that a ping after it is shows that it was taken. */
function frameIn(frame: string | Buffer): Scenario {
  return {
    async run(stage, vector) {
      const [websocket, session] = await opened(stage, "EIO=3");
      websocket.send(frame, "2");
      await websocket.receive(1);
      const { app, close } = session;
      websocket.terminate();
      return { app, ...("close" in vector && { close }) };
    },
  };
}

async function upgrade(stage: Stage): Promise<object> {
  const peer = await stage.polling("EIO=3");
  const websocket = await stage.candidate(`EIO=3&sid=${peer.socket.id}`).opened();
  const held = await peer.heldPoll();
  websocket.send("2probe");
  const [probe] = await websocket.receive(1);
  const { body } = await held.answer;
  websocket.send("5");
  peer.socket.once("upgrade", () => peer.socket.send("x"));
  const [after] = await websocket.receive(1);
  websocket.terminate();
  return { probe, poll: body, after };
}

async function serverClose(stage: Stage): Promise<object> {
  const peer = await stage.polling("EIO=3");
  const held = await peer.heldPoll();
  peer.socket.close();
  return { poll: (await held.answer).body };
}

function heartbeat(withMessages: boolean): Scenario {
  return {
    options: { pingInterval: 150, pingTimeout: 100 },
    async run(stage) {
      const [websocket, session] = await stage.websocket("EIO=3");
      const [open] = await websocket.receive(1);
      // One message answers the other, as long as the session lives.
      session.socket.on("message", () => session.socket.send("again"));
      let got: object = { text: "4again" };
      do {
        if (withMessages) websocket.send("4x");
        got = await next(websocket);
      } while ("text" in got);
      return { ...(!withMessages && { open }), got, close: session.close };
    },
  };
}

async function next(websocket: RawWebSocket): Promise<object> {
  const [message] = await websocket.receive(1);
  if (typeof message !== "string") return { bin: message!.toString("hex") };
  return message.startsWith("closed ")
    ? { close: message === "closed 1005" ? null : message, reason: "" }
    : { text: message };
}
