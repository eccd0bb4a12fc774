/*
 * Each socket is in a room of its own name: two sets, each with one id, that most applications never look at, and 370 bytes of an idle
 * connection. So such a set is made when somebody asks for it.
 */

/** Stands for the set that has its own name and nothing else. */
const OWN: Set<string> = new Set();

/** The methods of all Maps, which know of placeholders. */
const raw = Map.prototype as Map<string, Set<string>>;

/**
 * Sets by name, some of which are not made yet. For those who have {@link map}, an ordinary Map, all are there, and live.
 */
export class OwnSets {
  /** To be read by everybody. Sets that are put in by others than this class stay what they are. */
  readonly map: Map<string, Set<string>>;

  constructor() {
    this.map = new Map();
    const read = (name: string): Set<string> | undefined => this.get(name);
    const readAll = (): MapIterator<[string, Set<string>]> => this.#makeAll();
    const values = function* (): Generator<Set<string>> {
      for (const [, members] of readAll()) yield members;
    };
    const forEach: Map<string, Set<string>>["forEach"] = (callback, self) => {
      for (const [name, members] of readAll()) callback.call(self, members, name, this.map);
    };
    // On this one map, so that it is a Map and no class of ours: applications compare it, and print it.
    for (const [name, value] of [
      ["get", read],
      ["entries", readAll],
      ["values", values],
      ["forEach", forEach],
      [Symbol.iterator, readAll],
      [Symbol.for("nodejs.util.inspect.custom"), () => new Map(readAll())],
    ] as const) {
      Object.defineProperty(this.map, name, { value, configurable: true, writable: true });
    }
  }

  /** Gives the name a set with itself alone. */
  addOwn(name: string): void {
    raw.set.call(this.map, name, OWN);
  }

  /** Whether the set has its own name alone, as far as can be known without making it. */
  isOwn(name: string): boolean {
    return raw.get.call(this.map, name) === OWN;
  }

  /** The set of a name, which is made if it was not. */
  get(name: string): Set<string> | undefined {
    const members = raw.get.call(this.map, name);
    if (members !== OWN) return members;
    const made = new Set([name]);
    raw.set.call(this.map, name, made);
    return made;
  }

  /** All of them. Those that are left out meanwhile, or come meanwhile, count as they do in any Map. */
  *#makeAll(): MapIterator<[string, Set<string>]> {
    for (const [name] of raw.entries.call(this.map)) yield [name, this.get(name)!];
  }
}
