import { body, FIRST_SEQ } from "../wire/messages.ts";

/* What floors do in place of Socket.IO: they move the same bytes, and neither read nor write the JSON of events. */

/** A connection of a floor. `send` writes a message, `sendShared` one that many get. */
export interface FloorSocket<Shared> {
  send(payload: Buffer, isBinary: boolean): void;
  sendShared(message: Shared): void;
}

export const OPEN = Buffer.from(
  '0{"sid":"floor","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}',
);
export const JOINED = Buffer.from('40{"sid":"floor"}');

export class FloorApplication<Shared> {
  private readonly sockets = new Set<FloorSocket<Shared>>();
  private readonly rooms = new Map<string, FloorSocket<Shared>[]>();

  /** Told of broadcasts to all. */
  onAll: (() => void) | undefined;

  /** @param delivery the one event that floors broadcast, in the form in which they write it */
  constructor(private readonly delivery: Shared) {}

  onOpen(socket: FloorSocket<Shared>): void {
    this.sockets.add(socket);
    socket.send(OPEN, false);
  }

  onClose(socket: FloorSocket<Shared>): void {
    this.sockets.delete(socket);
  }

  onMessage(socket: FloorSocket<Shared>, payload: Buffer, isBinary: boolean): void {
    if (isBinary) return socket.send(payload, true);
    const nameAt = payload.indexOf('["echo",');
    if (nameAt !== -1) return socket.send(answerTo(payload, nameAt), false);
    if (payload.length === 2) return socket.send(JOINED, false);
    const [event, ...args] = JSON.parse(payload.toString("latin1", 2)) as [string, ...(string | number)[]];
    this.perform(event, args, socket);
  }

  deliver(message: Shared): void {
    for (const socket of this.sockets) socket.sendShared(message);
  }

  private perform(event: string, [first, times]: readonly (string | number)[], socket: FloorSocket<Shared>): void {
    if (event === "all") this.deliverToAll(first as number);
    else if (event === "join") this.rooms.set(first as string, [...this.inRoom(first as string), socket]);
    else if (event === "rooms") for (let at = 0; at < (first as number); at++) this.deliverTo(`room${at}`, 1);
    else if (event === "room") this.deliverTo(first as string, times as number);
    else throw new Error(`floors know no event ${event}`);
  }

  private deliverToAll(times: number): void {
    this.onAll?.();
    for (let at = 0; at < times; at++) this.deliver(this.delivery);
  }

  private deliverTo(room: string, times: number): void {
    for (let at = 0; at < times; at++) for (const socket of this.inRoom(room)) socket.sendShared(this.delivery);
  }

  private inRoom(room: string): readonly FloorSocket<Shared>[] {
    return this.rooms.get(room) ?? [];
  }
}

/** `42100["echo",…]` → `43100[…]`, and the same with an attachment: the number after the 4 is one higher. */
export function answerTo(payload: Buffer, nameAt: number): Buffer {
  const answer = Buffer.allocUnsafe(payload.length - NAME_BYTES);
  payload.copy(answer, 0, 0, nameAt + 1);
  payload.copy(answer, nameAt + 1, nameAt + 1 + NAME_BYTES);
  answer[1]! += 1;
  return answer;
}

export const DELIVERY = Buffer.from(`42${JSON.stringify(["msg", body(FIRST_SEQ)])}`);

const NAME_BYTES = '"echo",'.length;
