import fc from "fast-check";
import { close, frame, ping, text as textFrame } from "../../support/raw-frames.ts";
import { bytes, changedBytes, changes, cuts, text, type Change } from "../arbitraries.ts";

/** One connection of a peer that may be anything: what it writes, in which pieces, and how it leaves. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: none, and no length of it. */
  readonly body: string | null;
  /** What follows, whether or not the server has agreed to speak WebSocket. */
  readonly frames: readonly Buffer[];
  readonly changes: readonly Change<Buffer>[];
  readonly cuts: readonly number[];
  readonly leaves: "last" | "at once" | "by a reset" | "half";
}

/** In a query: the id of a session that polls. */
export const SID = "<sid>";

const usually = <Value>(value: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const NAMES_OF_MEMBERS = ["__proto__", "constructor", "toString", "hasOwnProperty"];

const path = usually(
  "/engine.io/",
  "/engine.io",
  "/",
  "/engine.io/../x",
  "*",
  "//engine.io/",
  "/engine.io/%zz",
  "http://x/",
);
const parameter = fc.tuple(
  fc.constantFrom("EIO", "transport", "sid", "j", "b64", "t", "transport[]", "__proto__"),
  fc.oneof(
    fc.constantFrom("", "3", "4", "polling", "websocket", SID, "%zz", ...NAMES_OF_MEMBERS),
    fc.webQueryParameters({ size: "xsmall" }),
  ),
);

function query(transport: string): fc.Arbitrary<[string, string][]> {
  return fc
    .tuple(
      usually("4", "3", "5", ""),
      usually(transport, "polling", "websocket", "webtransport", "", ...NAMES_OF_MEMBERS),
      fc.constantFrom<string | null>(null, SID, SID, "unknown", ...NAMES_OF_MEMBERS),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(parameter, { maxLength: 3 }) },
      ),
    )
    .map(([eio, name, sid, more]): [string, string][] => [
      ["EIO", eio],
      ["transport", name],
      ...(sid === null ? [] : [["sid", sid] as [string, string]]),
      ...more,
    ]);
}

const anyHeader = fc.oneof(
  fc.constantFrom<readonly [string, string]>(
    ...([
      ["Connection", "close"],
      ["Connection", "keep-alive"],
      ["Origin", "https://a.example"],
      ["Origin", "\x7f"],
    ] as const),
    ...([
      ["Content-Type", "application/octet-stream"],
      ["Content-Type", "text/plain;charset=UTF-8"],
    ] as const),
    ...([
      ["Content-Length", "5"],
      ["Content-Length", "99999999"],
      ["Transfer-Encoding", "chunked"],
    ] as const),
    ...([
      ["Expect", "100-continue"],
      ["Accept-Encoding", "gzip, br"],
      ["Content-Encoding", "gzip"],
    ] as const),
    ...([
      ["Sec-WebSocket-Protocol", "a, a"],
      ["Sec-WebSocket-Extensions", "permessage-deflate; x=1"],
    ] as const),
    ...([
      ["Access-Control-Request-Method", "POST"],
      ["Cookie", "io=a; __proto__=b"],
      ["Upgrade", "h2c"],
    ] as const),
  ),
  fc.tuple(fc.constantFrom("X-Any", "__proto__", "Host"), fc.string({ maxLength: 12 })),
);
const someHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(anyHeader, { maxLength: 4 }) },
);

const body = fc
  .array(
    fc.constantFrom("4x", "2", "3", "1", "5", "6", "4", "\x1e", "2probe", "b4AAE=", "2:4x", "d=4x", "0:", "é", "9"),
    { maxLength: 5 },
  )
  .map((pieces) => pieces.join("\x1e"));

const anyFrame = fc.oneof(
  fc.constantFrom("2probe", "5", "4x", "2", "1", "3", "").map((packet) => textFrame(packet)),
  fc.constantFrom(
    ping(),
    close(1000),
    frame({ opcode: 3 }),
    textFrame("4x", { mask: null }),
    textFrame("4", { fin: false }),
  ),
  bytes(4),
);

const UPGRADE: readonly (readonly [string, string])[] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

const common = {
  path,
  changes: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: changes(bytes(3), 3) }),
  cuts: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: cuts }),
  leaves: usually<Visit["leaves"]>("last", "at once", "by a reset", "half"),
};

const poll = fc.record({
  ...common,
  method: usually("GET", "OPTIONS", "HEAD", "PUT", "CONNECT"),
  query: query("polling"),
  headers: someHeaders,
  body: fc.constant(null),
  frames: fc.constant([]),
});
const post = fc.record({
  ...common,
  method: fc.constant("POST"),
  query: query("polling"),
  headers: someHeaders,
  body: fc.oneof(body, text(30)),
  frames: fc.constant([]),
});
const upgrade = fc.record({
  ...common,
  method: usually("GET", "POST"),
  query: query("websocket"),
  headers: someHeaders.map((more) => [...UPGRADE, ...more]),
  body: fc.constant(null),
  frames: fc.array(anyFrame, { maxLength: 4 }),
});

export const visit: fc.Arbitrary<Visit> = fc.oneof(poll, post, upgrade);

/** All that a visitor writes. */
export function bytesOfVisit(visitOf: Visit, sid: string): Buffer {
  const { method, path: target, query: parameters, headers, body: sent, frames, changes: list } = visitOf;
  const search = parameters.map(([name, value]) => `${name}=${value.replace(SID, sid)}`).join("&");
  const length: (readonly [string, string])[] = sent === null ? [] : [["Content-Length", `${Buffer.byteLength(sent)}`]];
  const lines = [["Host", "localhost"] as const, ...headers, ...length].map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target}?${search} HTTP/1.1`, ...lines, "", sent ?? ""].join("\r\n");
  return changedBytes(Buffer.concat([Buffer.from(head), ...frames]), list);
}
