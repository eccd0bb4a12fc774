import { Manager, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { VirtualClock } from "../../../tests/support/virtual-clock.ts";

type Engine = Manager["engine"];

/** Stands for the Engine.IO socket below a Manager: the test plays the server, in Socket.IO's bytes. */
export class FakeEngine {
  receiver: Engine["receiver"] = null;
  readyState = "opening";
  readonly transport = { name: "websocket", writable: true };
  /** What the client wrote, in order. */
  readonly written: unknown[] = [];
  /** Options of the last write. */
  options: unknown;
  pingExpired = false;
  /** In bytes, as the server says it. */
  maxPayload = Infinity;

  write(data: unknown, options?: unknown): this {
    this.written.push(data);
    this.options = options;
    return this;
  }

  /** What was written since the last call. */
  take(): unknown[] {
    return this.written.splice(0);
  }

  close(): this {
    this.end("forced close");
    return this;
  }

  _hasPingExpired(): boolean {
    return this.pingExpired;
  }

  get _maxPayload(): number {
    return this.maxPayload;
  }

  /** As the real one over WebSocket, which has tests of its own. */
  _excess(data: string | Uint8Array): number {
    const bytes = typeof data === "string" ? Buffer.byteLength(data) + 1 : data.byteLength;
    return bytes > this.maxPayload ? bytes : 0;
  }

  open(): void {
    this.readyState = "open";
    this.receiver?.open();
  }

  receive(...messages: (string | Uint8Array)[]): void {
    for (const message of messages) this.receiver?.data(message);
  }

  fail(error: Error | string): void {
    this.receiver?.error(error);
    this.end("transport error", error);
  }

  /** The engine closes, once. */
  end(reason: string, description?: unknown): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.receiver?.close(reason, description);
  }
}

interface Timer {
  stopped: boolean;
  unref(): void;
}

/** A Manager over fake engines and virtual time. */
export class FakeManager extends Manager {
  // Without initialisers: the constructor of the base class opens already.
  declare engines: FakeEngine[];
  declare clock: VirtualClock;
  /** How many timers were told to keep no process alive. */
  declare unrefs: number;

  /** The latest engine. */
  get wire(): FakeEngine {
    return this.engines.at(-1)!;
  }

  override _createEngine(): Engine {
    this.clock ??= new VirtualClock();
    this.unrefs ??= 0;
    this.setTimeoutFn = (run: () => void, delayMs: number): Timer => {
      const timer = { stopped: false, unref: () => this.unrefs++ };
      this.clock.after(delayMs, () => timer.stopped || run());
      return timer;
    };
    this.clearTimeoutFn = (timer: Timer) => (timer.stopped = true);
    const engine = new FakeEngine();
    (this.engines ??= []).push(engine);
    return engine as unknown as Engine;
  }
}

export interface Scene {
  readonly manager: FakeManager;
  readonly socket: Socket;
  /** What listeners were told, in order: [name, ...arguments]. Errors as their messages. */
  readonly log: unknown[][];
}

/** A Manager with one Socket whose engine is still opening. Jitter is off unless asked for. */
export function opening(options: Partial<ManagerOptions & SocketOptions> = {}, namespace = "/"): Scene {
  const manager = new FakeManager("http://localhost", { randomizationFactor: 0, ...options });
  const socket = manager.socket(namespace, options);
  return { manager, socket, log: logOf(socket, "connect", "connect_error", "disconnect") };
}

/** The same, once the server accepted the CONNECT packet. */
export function connected(options: Partial<ManagerOptions & SocketOptions> = {}): Scene {
  const scene = opening(options);
  accept(scene.manager);
  scene.log.length = 0;
  return scene;
}

/** The engine opens, and the server accepts the main namespace. */
export function accept(manager: FakeManager, answer = '0{"sid":"id"}'): void {
  manager.wire.open();
  manager.wire.take();
  manager.wire.receive(answer);
}

/** Records events as they come. */
export function logOf(
  emitter: { on(event: string, listener: (...args: unknown[]) => void): unknown },
  ...events: string[]
) {
  const log: unknown[][] = [];
  record(log, emitter, ...events);
  return log;
}

/** Records events into a log that may belong to several emitters. */
export function record(
  log: unknown[][],
  emitter: { on(event: string, listener: (...args: unknown[]) => void): unknown },
  ...events: string[]
): void {
  for (const event of events) {
    emitter.on(event, (...args) => log.push([event, ...args.map((arg) => (arg instanceof Error ? arg.message : arg))]));
  }
}
