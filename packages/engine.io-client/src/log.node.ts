import debug from "debug";

/** A log function for one namespace; the environment variable DEBUG switches it on. */
export const createLog = (namespace: string): ((format: string, ...args: unknown[]) => void) => debug(namespace);
