// Browsers: switched on as the `debug` package does it, by `localStorage.debug = "socket.io-client:*"` and a reload.

/** A log function for one namespace, silent unless somebody asked for it. */
export const createLog = (namespace: string): ((format: string, ...args: unknown[]) => void) => {
  const wanted = isWanted(namespace);
  return (format, ...args) => {
    if (wanted) console.debug(`${namespace} ${format}`, ...args);
  };
};

function isWanted(namespace: string): boolean {
  let patterns: string[];
  try {
    patterns = localStorage.getItem("debug")?.split(/[\s,]+/) ?? [];
  } catch {
    return false; // no storage here, or the page may not use it
  }
  const matches = (pattern: string) =>
    pattern !== "" && new RegExp(`^${pattern.replace(/[^\w*]/g, "\\$&").replaceAll("*", ".*")}$`).test(namespace);
  return patterns.some(matches) && !patterns.some((pattern) => pattern[0] === "-" && matches(pattern.slice(1)));
}
