import { createRequire } from "node:module";
import { inTime } from "../in-time.js";
import type { RedisClient } from "./link-of.js";

/** Options of a client of `redis` 3, as far as there is something like them in the library that is used here. */
export interface RedisOptions {
  host?: string;
  port?: number | string;
  /** A socket of the operating system, in place of host and port. */
  path?: string;
  url?: string;
  user?: string;
  username?: string;
  password?: string;
  auth_pass?: string;
  db?: number | string;
  family?: string | number;
  tls?: object;
  connect_timeout?: number;
  enable_offline_queue?: boolean;
  socket_keepalive?: boolean;
  /**
   * How long to wait before the next attempt to connect, in ms; undefined or an Error: no more.
   * @default grows from 50 ms to 2 s
   */
  retry_strategy?: (info: { attempt: number; error?: Error }) => number | Error | undefined | null;
}

/** As much of `ioredis` as is used here. */
type OwnClient = RedisClient & { readonly status: string; quit(): Promise<unknown>; disconnect(): void };
type Redis = new (target: unknown, options?: object) => OwnClient;

/** How long Redis may take to say goodbye, in ms. */
const PATIENCE_MS = 2_000;

/** The two clients that an adapter needs, made for an application that has brought none. */
export class OwnClients {
  readonly pubClient;
  readonly subClient;
  #users = 0;

  /** @param target a URI (`redis://localhost:6379`), or options */
  constructor(target: string | RedisOptions) {
    // Loaded only now: most applications bring clients of their own.
    const { Redis } = createRequire(__filename)("ioredis") as { Redis: Redis };
    const make = () => (typeof target === "string" ? new Redis(uriOf(target)) : new Redis(...argumentsOf(target)));
    this.pubClient = make();
    this.subClient = make();
  }

  /** One adapter more. */
  use(): this {
    this.#users++;
    return this;
  }

  /** One adapter fewer: with the last, the connections end. */
  async release(): Promise<void> {
    if (--this.#users > 0) return;
    await Promise.all([this.pubClient, this.subClient].map(endOf));
  }
}

/** In an orderly way, where there is a connection: the library keeps QUIT, too, until there is one. */
async function endOf(client: OwnClient): Promise<void> {
  if (client.status === "ready") await inTime(client.quit(), PATIENCE_MS).catch(ignore);
  client.disconnect();
}

function ignore(): void {}

function uriOf(target: string): string {
  // redis 3 took `localhost:6379` as well.
  return target.includes("://") ? target : `redis://${target}`;
}

function argumentsOf(options: RedisOptions): [unknown, object?] {
  const { url, host, port, path, user, username, password, auth_pass: oldPassword, db, family, tls } = options;
  const { retry_strategy: retry } = options;
  const mapped = {
    host,
    port: port === undefined ? undefined : Number(port),
    path,
    username: username ?? user,
    password: password ?? oldPassword,
    db: db === undefined ? undefined : Number(db),
    family: family === undefined ? undefined : Number(String(family).replace("IPv", "")),
    tls,
    connectTimeout: options.connect_timeout,
    enableOfflineQueue: options.enable_offline_queue,
    keepAlive: options.socket_keepalive === true ? 1 : undefined,
    retryStrategy: retry && ((attempt: number) => delayOf(retry({ attempt }))),
  };
  const given = Object.fromEntries(Object.entries(mapped).filter(([, value]) => value !== undefined));
  return url === undefined ? [given] : [uriOf(url), given];
}

function delayOf(answer: number | Error | undefined | null): number | null {
  return typeof answer === "number" ? answer : null;
}
