import type { Packet } from "engine.io-parser";
import type { CloseCause, SessionState, SessionTransport } from "engine.io-parser/session";
import type { HandshakeData } from "../../packages/engine.io-client/build/cjs/events.js";
import { ClientSession } from "../../packages/engine.io-client/build/cjs/session.js";
import type { SocketBase } from "../../packages/engine.io-client/build/cjs/socket-base.js";
import type { Transport } from "../../packages/engine.io-client/build/cjs/transports/transport.js";
import { probeAll } from "../../packages/engine.io-client/build/cjs/upgrade.js";
import type { VirtualClock } from "./virtual-clock.ts";
import { MemoryPollingClient, type MemoryWebSocket } from "./virtual-network.ts";

/** A client session over a virtual network and a virtual clock, under the names that a server's session has, too. */
export class TestClient extends ClientSession {
  readonly #clock: VirtualClock;
  #candidates = new Map<string, MemoryWebSocket>();

  constructor(clock: VirtualClock, transport: SessionTransport) {
    super();
    this.#clock = clock;
    this.setTimeoutFn = (callback, delayMs) => {
      const timer = { run: callback };
      clock.after(delayMs, () => timer.run());
      return timer;
    };
    this.clearTimeoutFn = (timer: { run: () => void } | undefined) => {
      if (timer) timer.run = () => {};
    };
    this._moveTo(clientHalf(transport));
    this._expireIn(20_000);
  }

  get state(): SessionState {
    return this.readyState;
  }

  get queue(): readonly Packet[] {
    return this.writeBuffer;
  }

  get now(): number {
    return this.#clock.now;
  }

  send(packet: Packet): void {
    if (this.readyState === "open" || this.readyState === "opening") this._enqueue(packet);
  }

  /** A packet of the server. */
  onPacket(packet: Packet): void {
    this.transport?.receiver?.packet?.(packet);
  }

  /** The transport is gone. */
  onClose({ reason, description }: CloseCause): void {
    if (reason === "transport error") this.transport.receiver?.error?.(description as never);
    else this.transport.receiver?.close?.(description);
  }

  /** Probes these websockets. */
  probe(...websockets: MemoryWebSocket[]): void {
    this.#candidates = new Map(websockets.map((websocket, at) => [`websocket ${at}`, websocket]));
    probeAll(this as unknown as SocketBase, [...this.#candidates.keys()]);
  }

  /** What {@link probeAll} calls. */
  _create(name: string): Transport {
    const websocket = this.#candidates.get(name)!;
    return Object.assign(clientHalf(websocket), { open: () => websocket.connect() });
  }

  _remember(): void {}

  override _setTimeout(callback: () => void, delayMs: number): unknown {
    return this.setTimeoutFn(callback, delayMs);
  }

  override _end(reason: CloseCause["reason"], description?: unknown): void {
    if (this.readyState !== "closed") super._end(reason, description);
  }

  protected override _onHandshake(_handshake: HandshakeData): void {
    this.emitReserved("open");
  }
}

/** A transport of the virtual network as one of the client's. */
function clientHalf(transport: SessionTransport): Transport {
  let writable = true;
  let receiver: Transport["receiver"] = null;
  let opened = false;
  const half = {
    query: {},
    get name() {
      return transport.name;
    },
    get receiver() {
      return receiver;
    },
    set receiver(value) {
      receiver = value;
      transport.sink = value && {
        onPacket: (packet) => receiver?.packet?.(packet),
        onSent: () => sent(),
        onWritable: () => {
          if (!opened) receiver?.open?.();
          opened = true;
          sent();
        },
        onClose: ({ reason, description }) => {
          if (reason === "transport error") receiver?.error?.((description ?? new Error(reason)) as never);
          else receiver?.close?.(description);
        },
      };
    },
    get writable() {
      return writable && transport.writable;
    },
    set writable(value) {
      writable = value;
    },
    send(batch: readonly Packet[]) {
      writable = false;
      if (transport.send(batch) === true) sent();
    },
    close: () => transport.close(),
    discard() {
      receiver = null;
      transport.discard({ reason: "transport close" });
    },
    ...(transport instanceof MemoryPollingClient && {
      pause: (onPaused: () => void) => transport.pause(onPaused),
      resume: () => transport.resume(),
    }),
  } satisfies Record<string, unknown>;
  const sent = (): void => {
    writable = true;
    receiver?.drain?.();
  };
  return half as unknown as Transport;
}
