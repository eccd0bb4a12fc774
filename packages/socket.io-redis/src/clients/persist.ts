import debugModule from "debug";

const debug = debugModule("socket.io-redis");

/** After a failure, before the next attempt, in ms. */
const PAUSE_MS = 500;

/** Something that is attempted until it is done. */
export interface Persistence {
  /** The first attempt. It may reject, which nobody need look at. */
  readonly first: Promise<unknown>;
  /** Resolves once it is done, or not wanted any more. */
  readonly done: Promise<void>;
  readonly isDone: boolean;
}

/**
 * Clients give up what they are asked for while Redis is away: `ioredis` with its twentieth attempt to connect, `redis` commands after 5 s,
 * or at once where nobody has called `connect` yet. A server that begins then is not to be deaf for ever.
 *
 * @param isWanted asked before each further attempt
 */
export function persist(attempt: () => Promise<unknown>, isWanted: () => boolean): Persistence {
  const first = attempt();
  const done = first.then(ignore, async (error: unknown) => {
    if (isWanted()) warn(error);
    for (let why = error; ;) {
      debug("it will be tried again: %s", why);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      if (!isWanted()) return;
      try {
        await attempt();
        return;
      } catch (next) {
        why = next;
      }
    }
  });
  let isDone = false;
  void done.then(() => (isDone = true));
  return {
    first,
    done,
    get isDone() {
      return isDone;
    },
  };
}

/** Once of each reason: there may be very many rooms. */
function warn(error: unknown): void {
  const why = String(error);
  if (told.size === MAX_TOLD || told.has(why)) return;
  told.add(why);
  process.emitWarning(
    `socket.io-redis: this server does not hear all that the others say, and asks Redis again every ${PAUSE_MS} ms: ${why}`,
  );
}

const MAX_TOLD = 16;
const told = new Set<string>();

function ignore(): void {}
