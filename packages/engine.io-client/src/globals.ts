import type { BinaryType } from "engine.io-parser";
import type { CookieJar } from "./cookie-jar.js";

// Browsers' half of a pair: globals.node.ts is for Node.

/** In which form bytes are handed to the user. */
export const defaultBinaryType: BinaryType = "arraybuffer";

/** Calls back once the current turn is over, before timers. */
export const nextTick = (callback: () => void): void => queueMicrotask(callback);

/** Browsers keep cookies themselves. */
export const createCookieJar: (() => CookieJar) | undefined = undefined;

/** Defaults of options that only Node has. */
export const PLATFORM_DEFAULTS = {};
