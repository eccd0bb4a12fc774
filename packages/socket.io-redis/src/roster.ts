import debugModule from "debug";
import { CountedServers, type Expectation, type ServerId } from "socket.io-adapter/dist/cluster";
import { escaped } from "./glob.js";

const debug = debugModule("socket.io-redis");

/** Ids of servers that are a `ClusterAdapter`, of ours and of other makes, as a pattern of PSUBSCRIBE. */
export const CLUSTER_ID_PATTERN = "[0-9a-f]".repeat(16);

/** What is needed to know who is there. Each server listens to one channel of all, and to one of its own. */
export interface RosterHost {
  /** Id of this server. */
  readonly uid: ServerId;
  /** The channel of all. */
  readonly channel: string;
  /** How the channels of single servers begin; they end with the id and a `#`. */
  readonly ownStart: string;
  /** The ids of servers, as a pattern of PSUBSCRIBE. */
  readonly idPattern: string;
  /** How many listen to each of the channels. */
  count(channels: readonly string[]): Promise<readonly number[]>;
  /** The channels that somebody listens to. Redis looks at each that there is. */
  list(pattern: string): Promise<Iterable<string>>;
}

/**
 * The other servers, by name. Redis is asked with each question how many there are, and which of those that are known; all channels are
 * looked through only if there are more than that.
 */
export class Roster {
  /** Those that have been there, and whether they put their names to their answers. */
  readonly #known = new Map<ServerId, boolean>();
  /** How many have no channel of their own: servers of older releases. */
  #nameless = 0;
  #listing: Promise<readonly ServerId[]> | undefined;

  constructor(private readonly host: RosterHost) {}

  /**
   * Whose answers a question that is sent now will wait for.
   *
   * @param message what it fails with when time is up; undefined: how many did not answer
   * @throws (rejects) if Redis does not say how many they are
   */
  async expectation(message?: string): Promise<Expectation> {
    const ids = [...this.#known.keys()];
    const [all = 0, ...listeners] = await this.host.count([this.host.channel, ...ids.map((id) => this.#channelOf(id))]);
    const present = ids.filter((_, at) => listeners[at]! > 0);
    for (const [at, id] of ids.entries()) if (listeners[at] === 0) this.#known.delete(id);
    const expected = all - 1;
    const servers = new ListedServers(this, present, expected, message);
    const unknown = expected - present.length;
    if (unknown > this.#nameless) this.#lookFor(expected, servers);
    else this.#nameless = unknown;
    return servers;
  }

  /** A server has put its name to an answer: ours do so always, those of other makes never or always. */
  onSigned(id: ServerId): void {
    this.#known.set(id, true);
  }

  signs(id: ServerId): boolean {
    return this.#known.get(id) === true;
  }

  #channelOf(id: ServerId): string {
    return `${this.host.ownStart}${id}#`;
  }

  /** Behind what has been asked of Redis, and before the question: it need not wait. */
  #lookFor(expected: number, servers: ListedServers): void {
    this.#listing ??= this.#list().finally(() => (this.#listing = undefined));
    this.#listing.then(
      (ids) => {
        this.#nameless = Math.max(expected - ids.length, 0);
        for (const id of ids) servers.add(id);
      },
      (error: unknown) => debug("the names of the servers are not known: %s", error),
    );
  }

  async #list(): Promise<readonly ServerId[]> {
    const { host } = this;
    const ids: ServerId[] = [];
    for (const channel of await host.list(`${escaped(host.ownStart)}${host.idPattern}#`)) {
      const id = channel.slice(host.ownStart.length, -1);
      if (id !== host.uid) ids.push(id);
    }
    for (const id of ids) if (!this.#known.has(id)) this.#known.set(id, false);
    return ids;
  }
}

/** As many as listen, by name as far as that is certain. */
class ListedServers extends CountedServers {
  readonly #ids: Set<ServerId>;

  constructor(
    private readonly roster: Roster,
    ids: Iterable<ServerId>,
    expected: number,
    message: string | undefined,
  ) {
    super(expected, message);
    this.#ids = new Set(ids);
  }

  add(id: ServerId): void {
    this.#ids.add(id);
  }

  override answered(from: ServerId | undefined): boolean {
    if (from !== undefined) this.roster.onSigned(from);
    return super.answered(from);
  }

  /**
   * An answer without a name may be of any server that is not known to sign. And where more names are found than servers, some may be
   * of something else: of rooms, over sharded pub/sub. Only those who sign are missing for certain then.
   */
  override get missingServers(): readonly ServerId[] {
    const silent = [...this.#ids].filter((id) => !this.hasSigned(id));
    const areAllServers = this.#ids.size <= this.expected;
    return areAllServers && this.unsigned === 0 ? silent : silent.filter((id) => this.roster.signs(id));
  }
}
