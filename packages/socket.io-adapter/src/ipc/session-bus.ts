import { randomBytes } from "node:crypto";
import { requireWorker, Seat } from "./seat.js";

type Listener = (message: string) => void;

/** What the `sessionBus` option of a server takes. */
export interface NodeClusterSessionBus {
  readonly host: string;
  readonly port: number;
  subscribe(listener: Listener): Promise<void>;
  unsubscribe(listener: Listener): void;
  publish(message: string): void;
  setWill(message: string): void;
}

/**
 * Joins the workers of node:cluster, so that a request which reaches another worker than its session is passed on to that. The primary
 * has to have called `setupPrimary()`.
 *
 * ```js
 * const io = new Server(httpServer, { adapter: createAdapter(), sessionBus: createSessionBus() });
 * ```
 *
 * @throws Error outside of a worker
 */
export function createSessionBus(): NodeClusterSessionBus {
  requireWorker();
  return new SessionBus();
}

/** Requests go over the loopback interface, which other machines do not reach. */
class SessionBus implements NodeClusterSessionBus {
  readonly host = "127.0.0.1";
  readonly port = 0;
  readonly #listeners = new Set<Listener>();
  #seat: Seat | undefined;

  async subscribe(listener: Listener): Promise<void> {
    this.#listeners.add(listener);
    if (this.#seat !== undefined) return;
    this.#seat = new Seat("sessions", randomBytes(8).toString("hex"), (message) => {
      if (message.kind !== "message") return;
      for (const one of this.#listeners) one(String(message.payload[0]));
    });
    await this.#seat.tell({ kind: "open" });
  }

  unsubscribe(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#seat?.close();
    this.#seat = undefined;
  }

  publish(message: string): void {
    this.#seat?.tell({ kind: "publish", payload: [message], echo: true }).catch(ignore);
  }

  setWill(message: string): void {
    this.#seat?.tell({ kind: "will", payload: [message] }).catch(ignore);
  }
}

/** Without the primary there is nobody to hear it. */
function ignore(): void {}
