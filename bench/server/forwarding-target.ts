import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type SessionBusListener } from "engine.io";

/** One of two servers that pass on each other's requests; its parent carries the bus. Says its port, and the CPU time that it has taken, in us. */
let hear: SessionBusListener = () => {};
const http = createServer();
const engine = new Server({
  sessionBus: {
    host: "127.0.0.1",
    port: 0,
    subscribe: (listener) => void (hear = listener),
    unsubscribe() {},
    publish: (bus) => void process.send!({ bus }),
  },
});
engine.attach(http);
http.listen(0, "127.0.0.1", () => process.send!({ port: (http.address() as AddressInfo).port }));
process.on("message", (message: { bus?: string; cpu?: true }) => {
  if (message.bus !== undefined) return hear(message.bus);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send!({ cpu: userCPUTime + systemCPUTime });
});
process.on("disconnect", () => process.exit());
