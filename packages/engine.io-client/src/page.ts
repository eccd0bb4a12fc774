/** Browsers: tells of the network's loss and of the page's end, if anybody wants to know. Returns what stops it. */
export function watchPage(onOffline: (() => void) | false, onUnload: (() => void) | false): () => void {
  const forEach = (act: typeof addEventListener | undefined) => {
    if (onOffline) act?.("offline", onOffline);
    if (onUnload) act?.("beforeunload", onUnload);
  };
  forEach(globalThis.addEventListener);
  return () => forEach(globalThis.removeEventListener);
}
