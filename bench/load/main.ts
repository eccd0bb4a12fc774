import { inParallel, type VisitOrder } from "./load.ts";
import { LOADS, VISITS } from "./table.ts";

/*
 * The clients of a measurement, in a process of their own. Arguments: name of a load or of a visit, the ports of the servers with
 * commas between them, perhaps a number of clients.
 *
 * A load says `ready` when all its clients run, and answers each message with its count of messages and its times. A visit says
 * `ready` at once, and answers a message `{ count, width, limitMs }` with the time in ms that each visit took; after `limitMs` it
 * begins no more.
 */
const [name, portList, clients] = process.argv.slice(2);
const ports = portList!.split(",").map(Number);
const visit = VISITS[name!];
if (visit === undefined) {
  const load = LOADS[name!];
  if (load === undefined) throw new Error(`there is no load ${name}`);
  const running = await load({ ports, ...(clients === undefined ? {} : { clients: Number(clients) }) });
  process.on("message", () => process.send!({ messages: running.messages(), times: running.times?.() ?? [] }));
} else {
  process.on("message", ({ count, width, limitMs }: VisitOrder) => {
    const end = performance.now() + limitMs;
    const times: number[] = [];
    const done = inParallel(count, width, async () => {
      const begun = performance.now();
      if (begun > end) return;
      await visit(ports[0]!);
      times.push(performance.now() - begun);
    });
    void done.then(() => process.send!({ times }));
  });
}
process.on("disconnect", () => process.exit());
process.send!("ready");
