import type { RateLimitOptions as EngineRateLimitOptions } from "engine.io";
import { Rate, TokenBucket, type RateOptions } from "engine.io-parser/session";
import { PacketType, type Packet } from "socket.io-parser";

/**
 * What becomes of a packet beyond a rate: `"drop"`: an event is not delivered, and not acknowledged; `"error"`: the same, but whoever
 * awaits an acknowledgement gets a {@link RateLimited}; `"disconnect"`: the connection ends.
 */
export type RateExcess = "drop" | "error" | "disconnect";

export interface PacketRateOptions extends RateOptions {
  /** @default that of {@link RateLimitOptions} */
  readonly excess?: RateExcess | undefined;
}

/** Rates of each connection. A server of Socket.IO takes those of the engine along. */
export interface RateLimitOptions extends EngineRateLimitOptions {
  /** Packets. */
  readonly packets?: PacketRateOptions | undefined;
  /** Bytes of packets (UTF-16 units for text), attachments included. A packet of more than the burst passes when that is full. */
  readonly bytes?: PacketRateOptions | undefined;
  /** Events by name, in all namespaces together; `*` is all those together that are not named. */
  readonly events?: Readonly<Record<string, PacketRateOptions>> | undefined;
  /** @default "error" */
  readonly excess?: RateExcess | undefined;
}

/** What a client gets as the acknowledgement of an event that was not delivered. */
export interface RateLimited {
  readonly code: "ERR_RATE_LIMITED";
  readonly message: string;
  /** In how many ms it would be delivered. */
  readonly retryAfter: number;
}

/** A packet that came too soon. */
export interface Excess {
  /** As counted: `rateLimit.packets`, for instance. */
  readonly limit: RateLimitName;
  readonly policy: RateExcess;
  readonly answer: RateLimited;
}

export type RateLimitName = "rateLimit.packets" | "rateLimit.bytes" | `rateLimit.events.${string}`;

interface Plan {
  readonly limit: RateLimitName;
  readonly rate: Rate;
  readonly policy: RateExcess;
}

/** The rates that each connection of a server gets; null if there are none. */
export class RatePlan {
  readonly packets: Plan | undefined;
  readonly bytes: Plan | undefined;
  readonly events = new Map<string, Plan>();

  /** @throws RangeError if a number makes no sense */
  static from(options: RateLimitOptions | undefined): RatePlan | null {
    const isOn = options?.packets ?? options?.bytes ?? options?.events;
    return isOn === undefined ? null : new RatePlan(options!);
  }

  private constructor({ packets, bytes, events = {}, excess = "error" }: RateLimitOptions) {
    const plan = (limit: RateLimitName, options: PacketRateOptions): Plan => ({
      limit,
      rate: new Rate(options, limit),
      policy: options.excess ?? excess,
    });
    this.packets = packets && plan("rateLimit.packets", packets);
    this.bytes = bytes && plan("rateLimit.bytes", bytes);
    for (const [name, options] of Object.entries(events)) {
      this.events.set(name, plan(`rateLimit.events.${name}`, options));
    }
  }
}

/** The buckets of one connection: as many as the application has named rates, whatever the peer sends. */
export class ConnectionRates {
  readonly #plan: RatePlan;
  readonly #buckets = new Map<Plan, TokenBucket>();

  constructor(plan: RatePlan) {
    this.#plan = plan;
  }

  /** A packet has come. @returns undefined if it is in time */
  onPacket(packet: Packet, bytes: number, now: number): Excess | undefined {
    const { packets, bytes: volume, events } = this.#plan;
    const name = packet.type === PacketType.EVENT ? String((packet.data as unknown[] | undefined)?.[0]) : undefined;
    const event = name === undefined ? undefined : (events.get(name) ?? events.get("*"));
    return this.#take(event, 1, now) ?? this.#take(packets, 1, now) ?? this.#take(volume, bytes, now);
  }

  #take(plan: Plan | undefined, cost: number, now: number): Excess | undefined {
    if (plan === undefined) return undefined;
    let bucket = this.#buckets.get(plan);
    if (bucket === undefined) this.#buckets.set(plan, (bucket = new TokenBucket(plan.rate)));
    const retryAfter = bucket.take(cost, now);
    if (retryAfter === 0) return undefined;
    const { limit, policy } = plan;
    return { limit, policy, answer: { code: "ERR_RATE_LIMITED", message: `too much at a time: ${limit}`, retryAfter } };
  }
}
