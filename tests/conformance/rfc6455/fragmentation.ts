import { binary, close, continuation, ping, pong, text } from "../../support/raw-frames.ts";
import { eachDelivery, fine, refused, type Case } from "./case.ts";

const first = (payload: string): Buffer => text(payload, { fin: false });
const more = (payload: string | Buffer): Buffer => continuation(payload, { fin: false });
const last = continuation;

const allowed: [title: string, frames: Buffer[], answers: string[]][] = [
  ["two fragments", [first("a"), last("b")], ["text ab"]],
  ["five fragments", [first("a"), more("b"), more("c"), more("d"), last("e")], ["text abcde"]],
  ["fragments of bytes", [binary(Buffer.from([1]), { fin: false }), last(Buffer.from([2]))], ["binary 0102"]],
  ["empty fragments", [first(""), more(""), last("")], ["text "]],
  ["an empty fragment between full ones", [first("a"), more(""), last("b")], ["text ab"]],
  ["an empty last one", [first("a"), last("")], ["text a"]],
  ["a ping between fragments", [first("a"), ping("p"), last("b")], ["pong 70", "text ab"]],
  [
    "pings and pongs between fragments",
    [first("a"), ping("p"), more("b"), pong("x"), ping("q"), last("c")],
    ["pong 70", "pong 71", "text abc"],
  ],
  ["one fragmented message after the other", [first("a"), last("b"), first("c"), last("d")], ["text ab", "text cd"]],
  ["a whole message after a fragmented one", [first("a"), last("b"), text("c")], ["text ab", "text c"]],
];

const forbidden: [title: string, frames: Buffer[], answers?: string[]][] = [
  ["a continuation of nothing", [last("a"), text("late")]],
  ["a continuation of nothing that is not the last one", [more("a"), text("late")]],
  ["a continuation after a fragmented message", [first("a"), last("b"), last("c")], ["text ab"]],
  ["a continuation after a whole message", [text("a"), last("b")], ["text a"]],
  ["text within a text", [first("a"), text("b"), last("c")]],
  ["bytes within a text", [first("a"), binary(Buffer.from([1])), last("c")]],
  ["the first fragment of another message", [first("a"), first("b"), last("c")]],
  ["a fragmented ping", [ping("a", { fin: false }), ping("b")]],
  ["a fragmented pong", [pong("a", { fin: false }), pong("b")]],
  ["a ping that goes on in a continuation", [ping("a", { fin: false }), last("b")]],
  ["a fragmented ping between fragments", [first("a"), ping("p", { fin: false }), last("b")]],
  ["a fragmented close frame", [close(1000, "", { fin: false }), last("x")]],
  ["a continuation after a continuation of nothing", [more("a"), last("b")]],
];

export const fragmentationCases: readonly Case[] = [
  ...allowed.flatMap(([title, frames, answers]) => eachDelivery((how) => fine("5", title, frames, answers, how))),
  ...forbidden.flatMap(([title, frames, answers]) =>
    eachDelivery((how) => refused("5", title, frames, 1002, answers, how)),
  ),
  fine("5", "a close frame between fragments", [first("a")], []),
];
