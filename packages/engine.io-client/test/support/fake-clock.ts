import { mock, type TestContext } from "node:test";
import { Socket, Transport, type SocketOptions } from "engine.io-client";
import type { Packet } from "engine.io-parser";
import { nextTick } from "./events.ts";
import { openPacket } from "./polling-server.ts";

/** A transport without a network, of the kind that users write (row E-89): it keeps what it is given. */
export class MemoryTransport extends Transport {
  static last: MemoryTransport;
  readonly sent: Packet[] = [];
  closes = 0;

  override get name(): string {
    return "memory";
  }

  override doOpen(): void {
    MemoryTransport.last = this;
    this.onOpen();
  }

  override doClose(): void {
    this.closes++;
  }

  override write(packets: Packet[]): void {
    this.sent.push(...packets);
    this.writable = true;
    this.emitReserved("drain");
  }

  receive(frame: string): void {
    this.onData(frame);
  }
}

/** Date and timers stand still until `tick`. */
export function fakeClock(t: TestContext): (ms: number) => void {
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  t.after(() => mock.timers.reset());
  return (ms) => mock.timers.tick(ms);
}

/** An open socket on a {@link MemoryTransport}. */
export async function inMemory(
  options: SocketOptions = {},
  handshake: object = {},
): Promise<{ socket: Socket; transport: MemoryTransport }> {
  const socket = new Socket({ transportImplementations: [MemoryTransport], ...options });
  await nextTick();
  const transport = MemoryTransport.last;
  transport.receive(openPacket(handshake));
  return { socket, transport };
}
