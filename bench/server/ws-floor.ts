import { createServer, type Server } from "node:http";
import type { WebSocket, WebSocketServer } from "ws";
import { DELIVERY, FloorApplication, type FloorSocket } from "./floor-application.ts";

/** The same messages over the library `ws`, which frames each of them for each receiver. */
export function wsFloor(ws: { WebSocketServer: typeof WebSocketServer }): Server {
  const application = new FloorApplication(DELIVERY);
  const server = createServer();
  const sockets = new ws.WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    const peer = new WsSocket(socket);
    socket.on("error", () => socket.terminate());
    socket.on("message", (payload, isBinary) => application.onMessage(peer, payload as Buffer, isBinary));
    socket.on("close", () => application.onClose(peer));
    application.onOpen(peer);
  });
  return server;
}

class WsSocket implements FloorSocket<Buffer> {
  constructor(private readonly socket: WebSocket) {}

  send(payload: Buffer, isBinary: boolean): void {
    this.socket.send(payload, { binary: isBinary });
  }

  sendShared(payload: Buffer): void {
    this.socket.send(payload, { binary: false });
  }
}
