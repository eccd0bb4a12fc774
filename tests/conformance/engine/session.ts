import { EventEmitter, once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { message, type EnginePacket } from "./codec.ts";
import type { EngineSocket } from "./engine.ts";
import type { Answer } from "./http.ts";
import { PollingPeer, type Peer } from "./peers.ts";
import type { Stage } from "./stage.ts";

/** What a session's `close` event said. */
export interface Ending {
  readonly reason: string;
  /** The message, if it is an error. */
  readonly description?: unknown;
}

export interface Handshake {
  readonly sid: string;
  readonly upgrades: string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** A session seen from both ends. */
export class Session {
  readonly stage: Stage;
  readonly socket: EngineSocket;
  readonly peer: Peer;
  /** The packets of the first unit: the open packet and what came with it. */
  readonly first: readonly EnginePacket[];
  /** To the request that opened the session, over polling. */
  readonly answer: Answer | undefined;
  /** Data of all messages that reached the application. */
  readonly messages: unknown[] = [];
  /** What its end was announced with; null while it lives. */
  ending: Ending | null = null;
  readonly #changes = new EventEmitter();

  constructor(stage: Stage, socket: EngineSocket, peer: Peer, first: readonly EnginePacket[], answer?: Answer) {
    this.stage = stage;
    this.socket = socket;
    this.peer = peer;
    this.first = first;
    this.answer = answer;
    socket.on("message", (data: unknown) => {
      this.messages.push(data);
      this.#changes.emit("change");
    });
    socket.on("close", (reason: string, description: unknown) => {
      this.ending = { reason, ...(description instanceof Error && { description: description.message }) };
      this.#changes.emit("change");
    });
  }

  get handshake(): Handshake {
    return JSON.parse(String(this.first[0]?.data)) as Handshake;
  }

  /** The polling client, for what only polling has. */
  get polling(): PollingPeer {
    if (!(this.peer instanceof PollingPeer)) throw new Error("the session does not poll");
    return this.peer;
  }

  /** Waits until the application has got so many messages in all. */
  async heard(count: number): Promise<unknown[]> {
    while (this.messages.length < count) {
      if (this.ending !== null) throw new Error(`ended with ${JSON.stringify(this.ending)}`);
      await once(this.#changes, "change");
    }
    return this.messages;
  }

  /** Waits for the end. */
  async ended(): Promise<Ending> {
    while (this.ending === null) await once(this.#changes, "change");
    return this.ending;
  }

  /** Lets a polling client have a GET under way. */
  listen(): void {
    if (this.peer instanceof PollingPeer) this.peer.poll();
  }

  /** Waits until the server can send at once: over polling, until it holds a GET, with nothing to answer it with. */
  async ready(): Promise<void> {
    this.listen();
    while (!this.socket.transport.writable && !this.stage.isClosed) await setImmediate();
  }

  /** One message there and back: whatever was on its way in either direction has arrived. */
  async echo(data: string | Buffer): Promise<unknown> {
    const count = this.messages.length + 1;
    await this.peer.send(message(data));
    await this.heard(count);
    this.socket.send(data);
    const [packet] = await this.peer.receive(1);
    return packet?.data;
  }
}
