import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as EngineServer, type SessionBus, type SessionBusListener } from "engine.io";
import { Server } from "socket.io";

/**
 * One of two servers that pass on each other's requests; its parent carries the bus. Says its port, and the CPU time that it has taken,
 * in us. An engine takes what polls, Socket.IO gives back what comes by WebSocket.
 */
const listeners = new Set<SessionBusListener>();
const sessionBus: SessionBus = {
  host: "127.0.0.1",
  port: 0,
  subscribe: (listener) => void listeners.add(listener),
  unsubscribe() {},
  publish: (bus) => void process.send!({ bus }),
};
const http = createServer();
new EngineServer({ sessionBus }).attach(http);
new Server(http, { sessionBus, serveClient: false }).on("connection", (socket) => {
  socket.on("echo", (text: string, answer: (text: string) => void) => answer(text));
});
http.listen(0, "127.0.0.1", () => process.send!({ port: (http.address() as AddressInfo).port }));
process.on("message", (message: { bus?: string; cpu?: true }) => {
  if (message.bus !== undefined) {
    for (const hear of listeners) hear(message.bus);
    return;
  }
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send!({ cpu: userCPUTime + systemCPUTime });
});
process.on("disconnect", () => process.exit());
