import type { Socket } from "node:net";
import { DELIVERY, ECHO, ECHO_ANSWER, JOIN, SCENARIOS, clientFrame, type Scenario } from "./scenarios.ts";
import { openWebSocket } from "./websocket.ts";

/**
 * The clients, in a process of their own: bytes that were made beforehand, and what comes back is only counted.
 * Arguments: name of the scenario, port. Says `ready` when all have joined; answers each message with its count of messages.
 */
const [name, port] = process.argv.slice(2);
const scenario = SCENARIOS.find((one) => one.name === name)!;
const answerBytes = scenario.echo === undefined ? DELIVERY.length : ECHO_ANSWER.length;
const END_OF_ANSWER = ECHO_ANSWER.toString("latin1").slice(-10);
let receivedBytes = 0;

const sockets: Socket[] = [];
for (let at = 0; at < scenario.clients; at++) sockets.push(await join(at));
if (scenario.echo !== undefined) for (const socket of sockets) echo(socket, scenario.echo);
else ask(sockets, scenario.ask!);
process.on("message", () => process.send!(receivedBytes / answerBytes));
process.on("disconnect", () => process.exit());
process.send!("ready");

/** Opens a WebSocket, joins the namespace and perhaps a room. */
function join(at: number): Promise<Socket> {
  const socket = openWebSocket(Number(port));
  return new Promise((resolve, reject) => {
    let head = "";
    let hasJoined = false;
    socket.on("error", reject);
    socket.on("data", function onData(chunk: Buffer) {
      // Not before: servers may lose what comes with the upgrade request.
      if (head === "") socket.write(JOIN);
      head += chunk.toString("latin1");
      if (!hasJoined && /40\{"sid":"[^"]+"\}/.test(head)) {
        hasJoined = true;
        // The answer to what is sent behind the wish to join a room says that it was fulfilled.
        if (scenario.rooms !== undefined) socket.write(clientFrame(`42["join","room${at % scenario.rooms}"]`));
        socket.write(ECHO);
      }
      if (!hasJoined || !head.includes("431[") || !head.endsWith(END_OF_ANSWER)) return;
      socket.off("data", onData);
      resolve(socket);
    });
  });
}

/** The next round begins when all has arrived that came of the last. */
function ask(all: readonly Socket[], { event, count, deliveries }: NonNullable<Scenario["ask"]>): void {
  const request = clientFrame(`42["${event}",${count}]`);
  let missing = deliveries * answerBytes;
  for (const socket of all) {
    socket.on("data", (chunk: Buffer) => {
      receivedBytes += chunk.length;
      missing -= chunk.length;
      if (missing > 0) return;
      missing = deliveries * answerBytes;
      all[0]!.write(request);
    });
  }
  all[0]!.write(request);
}

function echo(socket: Socket, { depth, batch }: NonNullable<Scenario["echo"]>): void {
  const requests = Buffer.concat(Array.from({ length: batch }, () => ECHO));
  let missing = batch * answerBytes;
  socket.on("data", (chunk: Buffer) => {
    receivedBytes += chunk.length;
    missing -= chunk.length;
    while (missing <= 0) {
      missing += batch * answerBytes;
      socket.write(requests);
    }
  });
  for (let sent = 0; sent < depth; sent += batch) socket.write(requests);
}
