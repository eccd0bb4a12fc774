import debugModule from "debug";
import type { Adapter, PrivateSessionId, RecoveryOptions, Session, SessionToPersist } from "socket.io-adapter";
import type { Client } from "./client.js";
import type { DisconnectReason } from "./socket.js";

const debug = debugModule("socket.io:namespace");

/** See docs/recovery.md. */
export interface ConnectionStateRecoveryOptions extends RecoveryOptions {
  /**
   * Whether sockets that recover their session are let in without the namespace's middlewares. If not, these run with
   * `socket.recovered === true`, and a refusal deletes the session.
   * @default true
   */
  skipMiddlewares?: boolean;
}

/** The options with their defaults, under the names that adapters read (row S-45); undefined if recovery is off. */
export function recoveryOptions(given: unknown): ConnectionStateRecoveryOptions | undefined {
  if (!given) return undefined;
  return { maxDisconnectionDuration: 120_000, skipMiddlewares: true, ...(given as ConnectionStateRecoveryOptions) };
}

/** After these the client may come back to its session (rows S-179 to S-187). */
const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "transport error",
  "transport close",
  "forced close",
  "forced server close",
  "ping timeout",
  "server shutting down",
]);

export function isRecoverable(reason: DisconnectReason): boolean {
  return RECOVERABLE.has(reason);
}

/** What a client says of the session that it comes back to. */
export interface Claim {
  readonly pid: PrivateSessionId;
  readonly offset: string;
}

/** No pid and no offset of any adapter is longer; a claim that is occupies no memory while it waits. */
const MAX_CLAIM_CHARACTERS = 256;

/** The claim in the payload of a CONNECT packet. */
export function claimIn({ pid, offset }: Record<string, unknown>): Claim | undefined {
  if (typeof pid !== "string" || typeof offset !== "string") return undefined;
  if (pid.length > MAX_CLAIM_CHARACTERS || offset.length > MAX_CLAIM_CHARACTERS) return undefined;
  return { pid, offset };
}

/** Who has a session: a socket that is connected, or one that recovers and is in the middlewares. */
interface Holder {
  readonly id: string;
  readonly client: Client;
}

/** The namespace. */
interface Keeper {
  readonly adapter: Adapter;
  /** A claim has been dealt with. */
  _onClaimed(): void;
}

/**
 * Who has which session of a namespace. Whatever the adapter does with the sessions that it is given to keep, one that is
 * live here has one holder: whoever else claims it takes it over, and the old connection is closed before.
 */
export class SessionHolders {
  readonly #nsp: Keeper;
  readonly #holders = new Map<PrivateSessionId, Holder>();
  /** Claims are dealt with one after the other: the last one of each session. */
  readonly #claims = new Map<PrivateSessionId, Promise<void>>();
  /** Sessions that adapters are writing to their stores. */
  readonly #saving = new Map<PrivateSessionId, Promise<void>>();

  constructor(nsp: Keeper) {
    this.#nsp = nsp;
  }

  /** Whether somebody is about to enter the namespace. */
  get isClaimed(): boolean {
    return this.#claims.size > 0;
  }

  hold(pid: PrivateSessionId, socket: Holder): void {
    this.#holders.set(pid, socket);
  }

  release(pid: PrivateSessionId, socket: Holder): void {
    if (this.#holders.get(pid) === socket) this.#holders.delete(pid);
  }

  /** Cuts off whoever has the session, for an adapter whose other server was asked for it: the adapter is given it to keep. */
  fence(pid: PrivateSessionId): void {
    this.#holders.get(pid)?.client._fence();
  }

  /** Gives a session to the adapter to keep. */
  save(adapter: Adapter, session: SessionToPersist): void {
    const failed = (error: unknown): void => debug("session of %s was not kept: %s", session.sid, error);
    let saved: unknown;
    try {
      // Adapters with a store may take their time, those of old makes know nothing of it.
      saved = (adapter as Partial<Adapter>).persistSession?.(session);
    } catch (error) {
      failed(error);
    }
    if (!(saved instanceof Promise)) return;
    const { pid } = session;
    const saving: Promise<void> = saved.then(undefined, failed).then(() => {
      if (this.#saving.get(pid) === saving) this.#saving.delete(pid);
    });
    this.#saving.set(pid, saving);
  }

  /** Gives a session back that nobody has used: its client may try again. */
  putBack(adapter: Adapter, session: Session): void {
    if (session._handover !== undefined) return session._handover.putBack();
    const { sid, pid, rooms, data } = session;
    this.save(adapter, { sid, pid, rooms, data });
  }

  /** Resolves once all sessions are kept. */
  async saved(): Promise<void> {
    await Promise.all(this.#saving.values());
  }

  /**
   * Takes a session out of the adapter's keeping for a client that claims it, then calls back, unless the client is gone
   * by then.
   *
   * @param enter is given the session, or undefined if there is none for this client
   */
  claim(claim: Claim, client: Client, enter: (session: Session | undefined) => void): void {
    const { pid } = claim;
    const take = (): Promise<Session | undefined> => this.#take(claim);
    const before = this.#claims.get(pid) ?? Promise.resolve();
    const done: Promise<void> = before
      .then(take, take)
      .then((session) => {
        const { adapter } = this.#nsp;
        if (client._isOpen) enter(session);
        else if (session !== undefined) this.putBack(adapter, session);
      })
      .finally(() => {
        if (this.#claims.get(pid) === done) this.#claims.delete(pid);
        this.#nsp._onClaimed();
      });
    this.#claims.set(pid, done);
  }

  async #take({ pid, offset }: Claim): Promise<Session | undefined> {
    const holder = this.#holders.get(pid);
    if (holder !== undefined) {
      debug("session of %s is taken over", holder.id);
      holder.client._fence();
    }
    const saving = this.#saving.get(pid);
    if (saving !== undefined) await saving;
    const adapter = this.#nsp.adapter as Partial<Adapter>;
    try {
      const session = await adapter.restoreSession?.(pid, offset);
      // Adapters of other makes keep sessions under the ids of others at their own risk, but not at ours.
      return session?.pid === pid ? session : undefined;
    } catch (error) {
      debug("no session: %s", error);
      return undefined;
    }
  }
}
