/* oxlint-disable typescript/no-explicit-any -- clients of three generations have no type in common */

/** How long anything may take here, in ms. */
const PATIENCE_MS = 60_000;

export type Connect = (url: string, options: object) => any;

/**
 * All who talk in one room. A talker says the next number as soon as its server has taken the last one, and hears all
 * others. From the moment when it has joined until it leaves on purpose, it is to hear what each of them says once, in order.
 */
export class Conversation {
  readonly talkers: Talker[] = [];
  readonly #watchers = new Set<() => void>();
  #fault: Error | undefined;

  add(name: string, url: string, connect: Connect): Talker {
    const talker = new Talker(name, url, this);
    this.talkers.push(talker);
    talker.open(connect);
    return talker;
  }

  /** Each of them, by default of those who talk now, hears this many more of each other. */
  async goesOn(count: number): Promise<void> {
    const present = this.talkers.filter(({ state }) => state === "talking");
    const goals = present.map((talker) => ({ talker, number: talker.said + count }));
    for (const listener of present) {
      for (const { talker, number } of goals) {
        await this.until(
          () => listener.heardOf(talker) >= number,
          `${listener.name} hears ${talker.name} say ${number}`,
        );
      }
    }
  }

  /** @throws (rejects) at the first fault that any talker has found, or when time is up */
  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.#fault === undefined && !isSo()) return;
        clearTimeout(late);
        this.#watchers.delete(settle);
        if (this.#fault === undefined) resolve();
        else reject(this.#fault);
      };
      const late = setTimeout(() => this.fail(`not so in time: ${what}`), PATIENCE_MS);
      this.#watchers.add(settle);
      settle();
    });
  }

  changed(): void {
    for (const watch of this.#watchers) watch();
  }

  fail(message: string): void {
    this.#fault ??= new Error(message);
    this.changed();
  }

  close(): void {
    for (const talker of this.talkers) talker.client.close();
  }
}

export class Talker {
  client: any;
  state: "away" | "talking" | "silent" = "away";
  /** The last number that it has said. */
  said = 0;
  /** Whether its server has yet to take the last number. */
  #isTaking = false;
  /** The last number heard of each, since it has joined. */
  #heard = new Map<string, number>();
  /** What each is to say next when it has joined: that at the latest is the first to be heard. */
  #due = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly url: string,
    readonly room: Conversation,
  ) {}

  open(connect: Connect): void {
    const client = connect(this.url, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 10,
    });
    this.client = client;
    client.on("joined", () => {
      this.#due = new Map(this.room.talkers.map(({ name, said }) => [name, said + 1]));
      this.state = "talking";
      this.#sayNext();
      this.room.changed();
    });
    client.on("said", (name: string, number: number) => {
      this.#hear(name, number);
      this.room.changed();
    });
    client.on("disconnect", () => {
      if (this.state === "talking") this.room.fail(`${this.name} was cut off`);
      this.state = "away";
      this.#heard = new Map();
      this.room.changed();
    });
  }

  heardOf({ name }: Talker): number {
    return this.#heard.get(name) ?? 0;
  }

  /** Says no more, and hears what the others have said until now. It may leave then. */
  async finish(): Promise<void> {
    this.state = "silent";
    await this.room.until(() => !this.#isTaking, `the server takes what ${this.name} has said`);
    for (const talker of this.room.talkers) {
      const last = talker.said;
      if (last >= (this.#due.get(talker.name) ?? 1)) {
        await this.room.until(() => this.heardOf(talker) >= last, `${this.name} hears ${talker.name} say ${last}`);
      }
    }
    for (const other of this.room.talkers) {
      if (other.state !== "talking") continue;
      await this.room.until(() => other.heardOf(this) >= this.said, `${other.name} hears the last of ${this.name}`);
    }
  }

  /** Another release of the client takes its place. */
  async replace(connect: Connect): Promise<void> {
    await this.finish();
    this.client.close();
    this.state = "away";
    this.#heard = new Map();
    this.open(connect);
    await this.isBack();
  }

  isBack(): Promise<void> {
    return this.room.until(() => this.state === "talking", `${this.name} has joined`);
  }

  #sayNext(): void {
    this.#isTaking = true;
    this.client.emit("say", this.name, ++this.said, () => {
      this.#isTaking = false;
      if (this.state === "talking") this.#sayNext();
      this.room.changed();
    });
  }

  #hear(name: string, number: number): void {
    const last = this.#heard.get(name);
    const due = this.#due.get(name) ?? number;
    if (last === undefined ? number > due : number !== last + 1) {
      this.room.fail(`${this.name} hears ${name} say ${number} after ${last ?? "nothing"}, where ${due} was due`);
    }
    this.#heard.set(name, number);
  }
}
