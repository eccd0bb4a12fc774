import type { BinaryType } from "engine.io-parser";
import { CookieJar } from "./cookie-jar.js";

// Node's half of a pair: globals.ts is for browsers.

/** In which form bytes are handed to the user. */
export const defaultBinaryType: BinaryType = "nodebuffer";

/** Calls back once the current turn is over, before timers. */
export const nextTick = (callback: () => void, _setTimeoutFn?: unknown): void => process.nextTick(callback);

/** Node keeps no cookies by itself. */
export const createCookieJar: (() => CookieJar) | undefined = () => new CookieJar();

/** Defaults of options that only Node has. */
export const PLATFORM_DEFAULTS = {
  agent: false,
  rejectUnauthorized: true,
  perMessageDeflate: { threshold: 1024 },
};
