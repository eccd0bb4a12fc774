import { connect, type Socket } from "node:net";

/** A connection that asks to become a WebSocket; what comes of it is the caller's to read. */
export function openWebSocket(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay();
  socket.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  return socket;
}
