import { createHash } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { DELIVERY, ECHO, ECHO_ANSWER, serverFrame } from "./scenarios.ts";

/**
 * The least JavaScript that moves the same bytes: no protocol, no JSON, one write for each socket and tick. What servers can come
 * near to at best.
 *
 * @param onAll called when a broadcast to all is asked for
 * @returns writes a frame to all
 */
export function serveFloor(http: HttpServer, onAll?: () => void): (frame: Buffer) => void {
  const sockets: Duplex[] = [];
  const ten = Buffer.concat(Array.from({ length: 10 }, () => DELIVERY));
  http.on("upgrade", (req, socket: Duplex) => {
    const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}${GUID}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("error", () => socket.destroy());
    socket.on("data", onData);
    sockets.push(socket);
  });
  return deliver;

  function deliver(frame: Buffer): void {
    for (const socket of sockets) socket.write(frame);
  }

  function onData(this: Duplex, chunk: Buffer): void {
    if (chunk.length % ECHO.length === 0) {
      const count = chunk.length / ECHO.length;
      this.write(count === 1 ? ECHO_ANSWER : Buffer.concat(Array.from({ length: count }, () => ECHO_ANSWER)));
      return;
    }
    const text = chunk.toString("latin1");
    if (text.includes('"all",10]')) deliver(ten);
    else if (text.includes('"all",1]') || text.includes('"rooms"')) {
      onAll?.();
      deliver(DELIVERY);
    } else if (text.includes("40")) this.write(serverFrame('40{"sid":"none"}'));
  }
}

/** RFC 6455 section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
