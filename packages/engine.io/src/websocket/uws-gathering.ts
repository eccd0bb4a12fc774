import { flushAtEndOfTick, type Gathering } from "./end-of-tick.js";

/*
 * When to flush on uWebSockets.js. In its handlers, and so in the ticks that follow them, it gathers for the connection that it hears
 * from, and writes each message for another one by itself; elsewhere it gathers for whoever asks.
 */

/** Who was heard from last. */
let heard: Gathering | null = null;
let waiting: Gathering[] = [];

/** To be called first of all in the handler of a message. */
export function hear(gathering: Gathering): void {
  heard = gathering;
}

/** It is over. */
export function forget(gathering: Gathering): void {
  if (heard === gathering) heard = null;
}

/** Asks for a `flush`: an answer leaves in the tick, what goes to others when everybody who has sent something was heard. */
export function flushWhenGathered(gathering: Gathering): void {
  if (gathering === heard) flushAtEndOfTick(gathering);
  // One callback for all the connections that a broadcast writes to, in the same turn of the event loop.
  else if (waiting.push(gathering) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const gatherings = waiting;
  let at = 0;
  waiting = [];
  heard = null;
  try {
    while (at < gatherings.length) gatherings[at++]!.flush();
  } finally {
    // What a listener throws is not to keep the others from theirs.
    for (; at < gatherings.length; at++) flushWhenGathered(gatherings[at]!);
  }
}
