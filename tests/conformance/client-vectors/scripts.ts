import { insides } from "../client/stage.ts";
import type { Script } from "./scenario.ts";

const ID = "BBBBBBBBBBBBBBBBBBBB";
const ACCEPT = `40{"sid":"${ID}"}`;

/** Accepts, then sends these frames. */
function accepted(...frames: (string | Buffer)[]): Script {
  return { answer: [ACCEPT], goOn: ({ wire }) => wire.engine(...frames) };
}

/** What the scripted server of each recording says; the recordings have only what came of it. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  "normal connect": accepted(),
  "CONNECT without data (v2 server)": { answer: ["40"] },
  "CONNECT with empty object": { answer: ["40{}"] },
  "CONNECT with sid number": { answer: ['40{"sid":5}'] },
  "CONNECT_ERROR object": { answer: ['44{"message":"no","data":{"a":1}}'] },
  "CONNECT_ERROR string": { answer: ['44"no"'] },
  "CONNECT_ERROR none": { answer: ["44"] },
  "event before CONNECT is buffered": { answer: ['42["early",1]', ACCEPT] },
  "event with ack": accepted('427["q",1]'),
  DISCONNECT: accepted("41"),
  "packet for another namespace is ignored": accepted('42/other,["x"]'),
  "second CONNECT with another sid": accepted('40{"sid":"CCCCCCCCCCCCCCCCCCCC"}'),
  "unknown packet type 9": accepted("49"),
  "event with reserved name": accepted('42["connect"]'),
  "event empty array": accepted("42[]"),
  "event object payload": accepted("42{}"),
  "binary without header": accepted(Buffer.from([1, 2])),
  "binary event": accepted('451-["b",{"_placeholder":true,"num":0}]', Buffer.from([1, 2])),
  "engine: unknown packet type 9": accepted("9"),
  "engine: empty message": accepted(""),
  "engine: close packet 1 on websocket": accepted("1"),
  "engine: pong packet 3": accepted("3"),
  "engine: noop 6 and upgrade 5": accepted("6", "5"),
  "engine: ping with data": accepted("2abc"),
  "engine: ping twice": accepted("2", "2"),
  'engine: message without data "4"': accepted("4"),
  "engine: message before open": { first: ['42["early"]', "open"], answer: [ACCEPT] },
  "engine: open with invalid JSON": { first: ["0{x"] },
  "engine: no ping within pingInterval+pingTimeout (500ms)": {
    answer: [ACCEPT],
    goOn: ({ stage }) => stage.clock.advance(500),
  },
  "engine: server closes socket 1000": { answer: [ACCEPT], goOn: ({ wire }) => wire.accepted.ws.close(1000) },
  "engine: server closes socket 1009": { answer: [ACCEPT], goOn: ({ wire }) => wire.accepted.ws.close(1009) },
  "engine: server terminates": { answer: [ACCEPT], goOn: ({ wire }) => wire.accepted.ws.terminate() },
  "auth function and namespace": {
    target: "/admin",
    options: { auth: (cb) => cb({ token: "t" }) },
    answer: [`40/admin,{"sid":"${ID}"}`],
  },
  "namespace name with query in URL: query goes to the engine URL": {
    target: "/admin?x=1",
    answer: ['40/admin,{"sid":"B"}'],
  },
  "pid stored, offset followed": {
    answer: ['40{"sid":"B","pid":"P"}'],
    goOn: ({ wire }) => wire.engine('42["a","off1"]', '42["b",5]', '427["c","off2"]'),
  },
  "connect ack from server with same pid = recovered": {
    before: (socket) => (insides(socket)._pid = "P"),
    answer: ['40{"sid":"B","pid":"P"}'],
  },
  "ack to unknown id ignored": accepted("4399[1]"),
};
