/** `npm start -- --workers 4`: the chat in several processes that share one port, without sticky sessions. */
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import { createAdapter, createSessionBus, setupPrimary } from "socket.io/cluster";
import { listen } from "./listen.js";
import { ReplicatedRooms } from "./replica.js";
import { startDemo, urlOf, type Demo, type DemoOptions } from "./server.js";

/** In the primary: resolves once all workers listen. Those that end are replaced. */
export async function startWorkers(
  count: number,
  { port, host = "127.0.0.1" }: DemoOptions = {},
): Promise<Omit<Demo, "io">> {
  setupPrimary();
  // All workers listen on the same port: it is looked for here.
  const probe = createServer();
  const chosen = await listen(probe, host, port);
  await new Promise((resolve) => probe.close(resolve));
  const fork = (): Promise<unknown> => once(cluster.fork({ PORT: String(chosen), HOST: host }), "listening");
  cluster.on("exit", ({ id, exitedAfterDisconnect }) => {
    for (const worker of Object.values(cluster.workers ?? {})) {
      // One that is about to end as well is told in vain.
      if (worker?.isConnected() === true) worker.send({ workerGone: id }, () => {});
    }
    if (!exitedAfterDisconnect) void fork();
  });
  await Promise.all(Array.from({ length: count }, fork));
  return {
    url: urlOf(host, chosen),
    close: () => new Promise((resolve) => cluster.disconnect(() => resolve())),
  };
}

/** In a worker. */
export async function startWorker(options: DemoOptions): Promise<Demo> {
  const demo = await startDemo({
    ...options,
    adapter: createAdapter(),
    sessionBus: createSessionBus(),
    roomsOf: (io, onChange) => new ReplicatedRooms(io, cluster.worker!.id, onChange),
  });
  // Ctrl+C in a terminal reaches all processes; it is the primary that says goodbye.
  process.on("SIGINT", () => {});
  process.once("disconnect", () => void demo.close());
  return demo;
}
