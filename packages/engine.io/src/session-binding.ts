import { cookieReader } from "./http/cookies.js";
import type { EngineRequest } from "./http/request.js";

/** What the requests of a polling session have to have in common; see the option `bindSession`. */
export type BindSession = "address" | { readonly cookie: string } | ((req: EngineRequest) => string | undefined);

/** To what sessions are bound: a request of somebody else, who has found out an id, takes no part in them. */
export class SessionBinding {
  readonly #keyOf: (req: EngineRequest) => string | undefined;
  readonly #isOwnCookie: boolean;
  readonly #keys = new WeakMap<object, string>();

  /**
   * @param addressOf undefined if it can't be told
   * @param ownCookie name of the cookie that the engine itself sets to the id, if it does
   */
  constructor(by: BindSession, addressOf: (req: EngineRequest) => string | undefined, ownCookie: string | undefined) {
    this.#isOwnCookie = typeof by === "object" && by.cookie === ownCookie;
    if (typeof by === "object") {
      const read = cookieReader(by.cookie);
      this.#keyOf = ({ headers }) => read(headers.cookie);
    } else {
      this.#keyOf = by === "address" ? addressOf : by;
    }
  }

  /** False if a session of this request could have no other one. */
  canBind(req: EngineRequest): boolean {
    return this.#isOwnCookie || this.#ask(req) !== undefined;
  }

  /** The session begins. @param req null where there is none (WebTransport) */
  bind(session: { readonly id: string }, req: EngineRequest | null): void {
    const key = this.#isOwnCookie ? session.id : this.#ask(req);
    if (key !== undefined) this.#keys.set(session, key);
  }

  /** Whether a later request comes from where the session began. */
  admits(session: object, req: EngineRequest | null): boolean {
    const key = this.#keys.get(session);
    return key !== undefined && key === this.#ask(req);
  }

  /** A function of the application that throws says nothing. */
  #ask(req: EngineRequest | null): string | undefined {
    try {
      return req === null ? undefined : this.#keyOf(req);
    } catch (error) {
      process.emitWarning(`engine.io: bindSession failed: ${String(error)}`);
      return undefined;
    }
  }
}
