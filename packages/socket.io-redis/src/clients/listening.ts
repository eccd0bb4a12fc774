import type { Publisher } from "./links.js";

/** Who listens to what: the part of {@link Publisher} that all clients do by one command, which each of them sends in its own way. */
export abstract class Listening implements Pick<
  Publisher,
  "countSubscribers" | "countShardSubscribers" | "channels" | "shardChannels"
> {
  async countSubscribers(channels: readonly string[]): Promise<number[]> {
    return countsIn(await this.askNodes("NUMSUB", channels), channels);
  }

  async countShardSubscribers(channels: readonly string[]): Promise<number[]> {
    return countsIn(await this.askNodes("SHARDNUMSUB", channels), channels);
  }

  async channels(pattern: string): Promise<Set<string>> {
    return unionOf(await this.askNodes("CHANNELS", [pattern]));
  }

  async shardChannels(pattern: string): Promise<Set<string>> {
    return unionOf(await this.askNodes("SHARDCHANNELS", [pattern]));
  }

  /** Sends `PUBSUB command names…`. Each node of a Redis Cluster knows its own subscribers only: the replies of all. */
  protected abstract askNodes(command: string, names: readonly string[]): Promise<unknown[]>;
}

/**
 * Subscribers of each channel, on all nodes.
 *
 * @param replies of the nodes: lists of names and numbers, or where the client speaks RESP3 perhaps maps
 */
function countsIn(replies: readonly unknown[], channels: readonly string[]): number[] {
  return channels.map((channel, at) => replies.reduce<number>((sum, reply) => sum + countIn(reply, channel, at), 0));
}

function countIn(reply: unknown, channel: string, at: number): number {
  if (Array.isArray(reply)) return Number(reply[2 * at + 1] ?? 0);
  if (reply instanceof Map) return Number(reply.get(channel) ?? 0);
  return Number((reply as Record<string, unknown>)[channel] ?? 0);
}

/** @param replies of the nodes: lists of names, or where the client speaks RESP3 perhaps sets */
function unionOf(replies: readonly unknown[]): Set<string> {
  return new Set(replies.flatMap((names) => [...(names as Iterable<string>)]));
}
