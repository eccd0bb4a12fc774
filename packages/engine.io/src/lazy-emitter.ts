import { EventEmitter } from "node:events";

/**
 * An EventEmitter that takes no memory until somebody listens: its methods make the table of listeners when they first need one, so the
 * constructor, which makes an empty one, is not called. Most sessions and transports have no listener in all their life; each table is
 * 200 bytes of an idle connection.
 */
// oxlint-disable typescript/no-unsafe-declaration-merging, typescript/no-extraneous-class -- the last line makes it true
export class LazyEmitter {}

export interface LazyEmitter extends EventEmitter {}

Object.setPrototypeOf(LazyEmitter.prototype, EventEmitter.prototype);
