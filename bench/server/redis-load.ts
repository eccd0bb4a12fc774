import type { Socket } from "node:net";
import { clientFrame, DELIVERY, JOIN } from "./scenarios.ts";
import { openWebSocket } from "./websocket.ts";

/**
 * 500 clients of each of two servers. The first client of the first server asks for a broadcast, and for the next one when all
 * have got it. Arguments: the two ports. Says `ready`; answers each message with its count of deliveries, and with the median of the
 * time in ms that the deliveries of the second server took since the last message.
 */
const CLIENTS = 500;
const ASK = clientFrame('42["all",1]');
const [near, far] = process.argv.slice(2).map(Number);

let received = 0;
let missing = 0;
let askedAt = 0;
let farTimes: number[] = [];

const first = await join(near!, false);
for (let at = 1; at < CLIENTS; at++) await join(near!, false);
for (let at = 0; at < CLIENTS; at++) await join(far!, true);
process.on("message", () => {
  farTimes.sort((a, b) => a - b);
  process.send!([received, farTimes[farTimes.length >> 1] ?? 0]);
  farTimes = [];
});
process.on("disconnect", () => process.exit());
process.send!("ready");
ask();

function ask(): void {
  missing = 2 * CLIENTS;
  askedAt = performance.now();
  first.write(ASK);
}

function join(port: number, isFar: boolean): Promise<Socket> {
  const socket = openWebSocket(port);
  return new Promise((resolve, reject) => {
    let head = "";
    socket.on("error", reject);
    socket.on("data", function onHead(chunk: Buffer) {
      // Not before: servers may lose what comes with the upgrade request.
      if (head === "") socket.write(JOIN);
      head += chunk.toString("latin1");
      if (!/40\{"sid":"[^"]+"\}/.test(head)) return;
      socket.off("data", onHead);
      let bytes = 0;
      socket.on("data", (delivered: Buffer) => {
        bytes += delivered.length;
        for (; bytes >= DELIVERY.length; bytes -= DELIVERY.length) {
          received++;
          if (isFar) farTimes.push(performance.now() - askedAt);
          if (--missing === 0) ask();
        }
      });
      resolve(socket);
    });
  });
}
