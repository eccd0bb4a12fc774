/** A server of the cluster. */
export interface Member {
  /** Ends the ids of its sessions: 8 characters of `[A-Za-z0-9_-]`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** What requests that are passed on to it have to bring along: only members know it. */
  readonly secret: string;
}

interface Known extends Member {
  /** Heartbeats of our own that have come back since it was last heard. */
  missed: number;
}

/** A server that is silent for so many heartbeats of ours is gone. */
const MAX_MISSED = 2;

/** No cluster is larger; whoever pretends so is not heard. */
const MAX_MEMBERS = 1024;

/**
 * The other servers of the cluster. It knows no clock and no transport: its messages, ours too, come back through the bus that
 * carries them. So silence is counted in heartbeats of our own that were heard: while the bus is away nobody is gone.
 */
export class Roster {
  readonly #self: Member;
  readonly #path: string;
  readonly #members = new Map<string, Known>();

  /**
   * @param path of the requests that they all serve; servers with another one are none of ours
   * @param onSilent told of servers that have gone without a word
   */
  constructor(
    self: Member,
    path: string,
    private readonly onSilent: (member: Member) => void,
  ) {
    this.#self = self;
    this.#path = path;
  }

  find(id: string): Member | undefined {
    return this.#members.get(id);
  }

  get size(): number {
    return this.#members.size;
  }

  /** The first message: the others will answer. */
  hello(): string {
    return this.#message("hello");
  }

  heartbeat(): string {
    return this.#message("here");
  }

  /** The last message. */
  bye(): string {
    return this.#message("bye");
  }

  /** @returns "own" if it was ours: the others have it as well; "hello" if it is to be answered by a heartbeat */
  receive(message: string): "own" | "hello" | undefined {
    const news = parse(message);
    if (news === undefined || news.path !== this.#path) return undefined;
    const { type, id } = news;
    if (id === this.#self.id) {
      if (type === "here") this.#count();
      return "own";
    }
    if (type === "bye") {
      this.#members.delete(id);
      return undefined;
    }
    if (this.#members.size >= MAX_MEMBERS && !this.#members.has(id)) return undefined;
    const { host, port, secret } = news;
    this.#members.set(id, { id, host, port, secret, missed: 0 });
    return type === "hello" ? "hello" : undefined;
  }

  #count(): void {
    for (const member of this.#members.values()) {
      if (++member.missed <= MAX_MISSED) continue;
      this.#members.delete(member.id);
      this.onSilent(member);
    }
  }

  #message(type: News["type"]): string {
    return JSON.stringify({ type, path: this.#path, ...this.#self } satisfies News);
  }
}

interface News extends Member {
  readonly type: "hello" | "here" | "bye";
  readonly path: string;
}

const ID = /^[\w-]{8}$/;
const SECRET = /^[\w-]{20,100}$/;

/** Others may write to the same bus: undefined for what makes no sense. */
function parse(message: string): News | undefined {
  let news: Partial<News> | null;
  try {
    news = JSON.parse(message) as Partial<News> | null;
  } catch {
    return undefined;
  }
  const { type, path, id, host, port, secret } = news ?? {};
  const makesSense =
    (type === "hello" || type === "here" || type === "bye") &&
    typeof path === "string" &&
    typeof id === "string" &&
    ID.test(id) &&
    typeof host === "string" &&
    Number.isInteger(port) &&
    typeof secret === "string" &&
    SECRET.test(secret);
  return makesSense ? (news as News) : undefined;
}
