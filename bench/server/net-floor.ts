import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { FrameReader } from "../wire/frame-reader.ts";
import { BINARY, serverFrame } from "../wire/frames.ts";
import { DELIVERY, FloorApplication, type FloorSocket } from "./floor-application.ts";

/** The least JavaScript on node:net that moves the same bytes. A frame is a write, or the frames of a tick are one. */
export function netFloor(isCorked: boolean): { server: Server; application: FloorApplication<Buffer> } {
  const application = new FloorApplication(serverFrame(DELIVERY, 1));
  const server = createServer({ noDelay: true }, (socket) => {
    // Clients that are killed reset their connections.
    socket.on("error", () => socket.destroy());
    socket.once("data", (request: Buffer) => {
      socket.write(`${SWITCHING}${acceptOf(request)}\r\n\r\n`);
      const peer: FloorSocket<Buffer> = isCorked ? new CorkedSocket(socket) : new PlainSocket(socket);
      const reader = new FrameReader((opcode, bytes, from, to) =>
        application.onMessage(peer, bytes.subarray(from, to), opcode === BINARY),
      );
      socket.on("data", (chunk: Buffer) => reader.push(chunk));
      socket.on("close", () => application.onClose(peer));
      application.onOpen(peer);
    });
  });
  return { server, application };
}

class PlainSocket implements FloorSocket<Buffer> {
  constructor(private readonly socket: Socket) {}

  send(payload: Buffer, isBinary: boolean): void {
    this.socket.write(serverFrame(payload, isBinary ? 2 : 1));
  }

  sendShared(frame: Buffer): void {
    this.socket.write(frame);
  }
}

class CorkedSocket implements FloorSocket<Buffer> {
  private waiting: Buffer[] = [];

  constructor(private readonly socket: Socket) {}

  send(payload: Buffer, isBinary: boolean): void {
    this.sendShared(serverFrame(payload, isBinary ? 2 : 1));
  }

  sendShared(frame: Buffer): void {
    if (this.waiting.push(frame) > 1) return;
    if (dirty.push(this) === 1) process.nextTick(flushAll);
  }

  flush(): void {
    const frames = this.waiting;
    this.waiting = [];
    this.socket.write(frames.length === 1 ? frames[0]! : joined(frames));
  }
}

const dirty: CorkedSocket[] = [];

function flushAll(): void {
  for (const socket of dirty.splice(0)) socket.flush();
}

let lastFrames: readonly Buffer[] = [];
let lastJoined = Buffer.alloc(0);

/** In a broadcast the same frames wait in all sockets: they are put together once. */
function joined(frames: readonly Buffer[]): Buffer {
  const isSame = frames.length === lastFrames.length && frames.every((frame, at) => frame === lastFrames[at]);
  if (isSame) return lastJoined;
  lastFrames = frames;
  return (lastJoined = Buffer.concat(frames));
}

/** RFC 6455, section 4.2.2. The whole request is in the first chunk: the clients of benches write it at once. */
function acceptOf(request: Buffer): string {
  const key = /\r\nsec-websocket-key: (\S+)/i.exec(request.toString("latin1"))![1]!;
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

const SWITCHING =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
