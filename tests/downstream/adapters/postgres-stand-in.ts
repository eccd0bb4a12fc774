/* What PostgreSQL would do, in this process, for pools that look like those of pg; it notes what it is asked. */

/** A query as it was given. */
export interface Statement {
  readonly node: unknown;
  readonly sql: string;
  readonly params?: readonly unknown[];
}

interface Notification {
  readonly channel: string;
  readonly payload: string;
}

export class StandInPostgres {
  readonly statements: Statement[] = [];
  readonly clients = new Set<StandInClient>();
  readonly #attachments = new Map<string, unknown>();
  #underWay = 0;
  #lastId = 0;

  /** @param node who is noted as the one that asks */
  pool(node: unknown): StandInPool {
    return new StandInPool(this, node);
  }

  /** Resolves once nothing is asked, or notified, any more. */
  async idle(): Promise<void> {
    do await new Promise(setImmediate);
    while (this.#underWay > 0);
  }

  /** Answers later, as over a network. */
  async query(statement: Statement): Promise<{ rows: object[] }> {
    this.statements.push(statement);
    this.#underWay++;
    await new Promise(setImmediate);
    this.#underWay--;
    return { rows: this.#rowsFor(statement) };
  }

  #rowsFor({ sql, params = [] }: Statement): object[] {
    if (sql.includes("pg_notify")) this.#notify({ channel: String(params[0]), payload: String(params[1]) });
    if (sql.startsWith("INSERT")) {
      const id = String(++this.#lastId);
      this.#attachments.set(id, params[0]);
      return [{ id }];
    }
    if (sql.startsWith("SELECT payload")) return [{ payload: this.#attachments.get(String(params[0])) }];
    return [];
  }

  #notify(notification: Notification): void {
    this.#underWay++;
    setImmediate(() => {
      this.#underWay--;
      for (const client of this.clients) client.hear(notification);
    });
  }
}

class StandInPool {
  constructor(
    private readonly postgres: StandInPostgres,
    private readonly node: unknown,
  ) {}

  query(sql: string, params?: unknown[]): Promise<{ rows: object[] }> {
    return this.postgres.query({ node: this.node, sql, ...(params && { params }) });
  }

  connect(): Promise<StandInClient> {
    return Promise.resolve(new StandInClient(this.postgres, this.node));
  }
}

class StandInClient {
  readonly #channels = new Set<string>();
  readonly #listeners = new Set<(notification: Notification) => void>();

  constructor(
    private readonly postgres: StandInPostgres,
    private readonly node: unknown,
  ) {
    postgres.clients.add(this);
  }

  on(event: string, listener: (notification: Notification) => void): this {
    if (event === "notification") this.#listeners.add(listener);
    return this;
  }

  removeAllListeners(): this {
    return this;
  }

  query(sql: string): Promise<{ rows: object[] }> {
    const [, channel] = /^LISTEN "(.*)"$/.exec(sql) ?? [];
    if (channel !== undefined) this.#channels.add(channel);
    return this.postgres.query({ node: this.node, sql });
  }

  hear(notification: Notification): void {
    if (!this.#channels.has(notification.channel)) return;
    for (const listener of this.#listeners) listener(notification);
  }

  release(): void {
    this.postgres.clients.delete(this);
  }
}
