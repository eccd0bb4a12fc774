/** The network is back, the page came back from the cache or to the front, or was thawed (Page Lifecycle). */
const EVENTS = ["online", "pageshow", "visibilitychange", "resume"];

/**
 * Browsers: calls `run` when it makes sense to connect at once. While a page is hidden its timers are late, and while there is no
 * network they grow long. Returns what stops it.
 */
export function onWake(run: () => void): () => void {
  const wake = () => {
    if (globalThis.document?.visibilityState !== "hidden") run();
  };
  const forEach = (act: typeof addEventListener | undefined) => {
    // Caught on their way down, since not all of them rise to the window.
    for (const event of EVENTS) act?.(event, wake, true);
  };
  forEach(globalThis.addEventListener);
  return () => forEach(globalThis.removeEventListener);
}
