import type { PrivateSessionId, SessionToPersist } from "socket.io-adapter";
import type { Store } from "../clients/links.js";
import type { Guard } from "../signing/guard.js";
import { fromBase64, toBase64 } from "./entry.js";

/** A session as it is kept. */
export interface StoredSession extends SessionToPersist {
  /** The adapter whose socket has it, while it is connected; else nobody. */
  uid?: string;
}

/** Deletes a key if it still holds what this server has written: whoever took the session over has written something else. */
const DELETE_IF_OURS = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** The sessions in Redis (protocols.md 6.5). */
export class SessionStore {
  constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly guard: Guard,
  ) {}

  /** @returns what was written */
  async write(value: string, pid: PrivateSessionId, forMs: number): Promise<void> {
    const key = this.prefix + pid;
    await this.store.command(key, ["SET", key, this.guard.sealValue(key, value), "PX", String(Math.ceil(forMs))]);
  }

  /** Hands out a session, once. */
  async take(pid: PrivateSessionId): Promise<StoredSession | undefined> {
    const key = this.prefix + pid;
    const sealed = await this.store.command(key, ["GETDEL", key]);
    const value = typeof sealed === "string" ? this.guard.openValue(key, sealed) : undefined;
    if (value === undefined) return undefined;
    const session = fromBase64(value) as Partial<StoredSession> | null;
    return typeof session?.sid === "string" && Array.isArray(session.rooms) ? (session as StoredSession) : undefined;
  }

  async deleteIfEqual(pid: PrivateSessionId, value: string): Promise<void> {
    const key = this.prefix + pid;
    await this.store.command(key, ["EVAL", DELETE_IF_OURS, "1", key, this.guard.sealValue(key, value)]);
  }
}

/** @throws if the application's data cannot be written */
export function encodeSession({ sid, pid, rooms, data, uid }: StoredSession): string {
  return toBase64(uid === undefined ? { sid, pid, rooms, data } : { sid, pid, rooms, data, uid });
}
