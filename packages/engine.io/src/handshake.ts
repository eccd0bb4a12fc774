import { ERROR_CODES, type ErrorCallback, type ErrorContext, type Refusal, type RefusalName } from "./errors.js";
import type { EngineRequest } from "./http/request.js";
import type { EngineOptions, TransportName } from "./options.js";
import { revisionOf } from "./wire-version.js";

/** What of a session later requests are compared with. */
export interface KnownSession {
  readonly protocol: number;
  readonly transport: { readonly name: string };
}

/** Transports that requests can ask for by name; a WebTransport session is no HTTP request. */
const HTTP_TRANSPORTS: ReadonlySet<string> = new Set<TransportName>(["polling", "websocket"]);

/** TAB, printable ASCII and the upper half of latin1. */
const VALID_ORIGIN = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * All that is checked before a request is served, in this order; the first failure is the answer (protocols.md 1.2).
 * `done` is called once, and at once unless `allowRequest` takes its time.
 */
export function verifyRequest(
  req: EngineRequest,
  isUpgrade: boolean,
  options: EngineOptions,
  find: (sid: string) => KnownSession | undefined,
  done: ErrorCallback,
): void {
  const { sid } = req._query;
  const refusal =
    checkTransport(req, options) ??
    checkOrigin(req) ??
    (sid ? checkSession(req, isUpgrade, find(sid)) : checkHandshake(req, isUpgrade));
  if (refusal !== undefined) return done(refusal.code, refusal.context);
  if (sid) return done();
  if (options.allowRequest === undefined) return checkRevision(req, options, done);
  askApplication(req, options.allowRequest, (denial) => {
    if (denial === undefined) checkRevision(req, options, done);
    else done(denial.code, denial.context);
  });
}

export function badRequest(name: RefusalName, details?: object): Refusal {
  return { code: ERROR_CODES.BAD_REQUEST, context: { name, ...details } };
}

function checkTransport(req: EngineRequest, options: EngineOptions): Refusal | undefined {
  const { transport } = req._query;
  const isKnown =
    transport !== undefined &&
    HTTP_TRANSPORTS.has(transport) &&
    options.transports.includes(transport as TransportName);
  return isKnown ? undefined : { code: ERROR_CODES.UNKNOWN_TRANSPORT, context: { transport } };
}

function checkOrigin(req: EngineRequest): Refusal | undefined {
  const { origin } = req.headers;
  if (origin === undefined || VALID_ORIGIN.test(origin)) return undefined;
  return badRequest("INVALID_ORIGIN", { origin });
}

function checkSession(req: EngineRequest, isUpgrade: boolean, session: KnownSession | undefined): Refusal | undefined {
  const { sid, transport } = req._query;
  if (session === undefined) return { code: ERROR_CODES.UNKNOWN_SID, context: { sid } };
  const previousTransport = session.transport.name;
  // Plain requests are for polling alone, whatever carries the session.
  if (!isUpgrade && (transport !== previousTransport || transport !== "polling")) {
    return badRequest("TRANSPORT_MISMATCH", { transport, previousTransport });
  }
  const protocol = revisionOf(req._query["EIO"]);
  if (protocol !== session.protocol) {
    return badRequest("PROTOCOL_MISMATCH", { protocol, previousProtocol: session.protocol });
  }
  return undefined;
}

function checkHandshake(req: EngineRequest, isUpgrade: boolean): Refusal | undefined {
  if (req.method !== "GET") {
    return { code: ERROR_CODES.BAD_HANDSHAKE_METHOD, context: { method: req.method } };
  }
  if (req._query["transport"] === "websocket" && !isUpgrade) return badRequest("TRANSPORT_HANDSHAKE_ERROR");
  return undefined;
}

function checkRevision(req: EngineRequest, options: EngineOptions, done: ErrorCallback): void {
  const protocol = revisionOf(req._query["EIO"]);
  if (protocol === 4 || options.allowEIO3) return done();
  done(ERROR_CODES.UNSUPPORTED_PROTOCOL_VERSION, { protocol });
}

function askApplication(
  req: EngineRequest,
  allowRequest: NonNullable<EngineOptions["allowRequest"]>,
  done: (denial: Refusal | undefined) => void,
): void {
  let settled = false;
  const settle = (denial: Refusal | undefined): void => {
    if (settled) return;
    settled = true;
    done(denial);
  };
  const failed = (error: unknown): void => settle(forbidden({ message: undefined, error }));
  const answer = (message: string | null | undefined, success: boolean): void =>
    settle(success ? undefined : forbidden({ message }));
  callSafely(
    () => allowRequest(req, answer),
    failed,
    () => settled,
  );
}

/**
 * Errors of the function itself go to `failed`. Those that come out of it after the answer are those of what followed the
 * answer, and the application's to see.
 */
function callSafely(call: () => unknown, failed: (error: unknown) => void, isSettled: () => boolean): void {
  try {
    const result = call();
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        if (!isSettled()) return failed(error);
        process.nextTick(() => {
          throw error;
        });
      });
    }
  } catch (error) {
    if (isSettled()) throw error;
    failed(error);
  }
}

function forbidden(context: ErrorContext): Refusal {
  return { code: ERROR_CODES.FORBIDDEN, context };
}
