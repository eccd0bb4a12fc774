import { BINARY, clientFrame } from "./frames.ts";
import { packed } from "./msgpack.ts";

/* What is said in all scenarios, in the form of Socket.IO's packets. */

/** About 100 bytes of JSON, of the same length for all seven digits of `seq`, which counts up. */
export function body(seq: number): object {
  return { seq, user: "alice", room: "general", text: "the quick brown fox jumps over the dog" };
}

export const FIRST_SEQ = 1_000_000;

export const JOIN = clientFrame("40");
export const PONG = clientFrame("3");
export const PROBE = clientFrame("2probe");
export const UPGRADE = clientFrame("5");

/** What a client writes for one event that is answered. */
export interface Request {
  readonly bytes: Buffer;
  /** How many frames the answer has. */
  readonly answers: number;
}

/** As many different ones as a client uses in turn: with the ids from 100 on, which have the same length. */
export function echoRequests(count: number): Request[] {
  return requests(count, (at) => clientFrame(`42${FIRST_ID + at}${JSON.stringify(["echo", body(FIRST_SEQ + at)])}`));
}

/** 16 KiB of text. */
export function bigRequests(count: number): Request[] {
  return requests(count, (at) => clientFrame(`42${FIRST_ID + at}${JSON.stringify(["echo", BIG_TEXT])}`));
}

/** A Buffer of 1 KiB: a packet and its attachment, each in a frame of its own. */
export function binaryRequests(count: number, attachment: Buffer): Request[] {
  return requests(
    count,
    (at) =>
      Buffer.concat([
        clientFrame(`451-${FIRST_ID + at}["echo",{"_placeholder":true,"num":0}]`),
        clientFrame(attachment, BINARY),
      ]),
    2,
  );
}

/** For servers with socket.io-msgpack-parser. */
export function msgpackRequests(count: number): Request[] {
  return requests(count, (at) =>
    clientFrame(packed({ type: 2, nsp: "/", id: FIRST_ID + at, data: ["echo", body(FIRST_SEQ + at)] })),
  );
}

export const MSGPACK_JOIN = clientFrame(packed({ type: 0, nsp: "/" }));

function requests(count: number, frame: (at: number) => Buffer, answers = 1): Request[] {
  return Array.from({ length: count }, (_, at) => ({ bytes: frame(at), answers }));
}

export const FIRST_ID = 100;
export const BIG_TEXT = "the quick brown fox jumps over the dog ".repeat(421).slice(0, 16 * 1024);
