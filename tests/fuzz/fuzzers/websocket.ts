import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { WebSocketServer } from "ws";
import { OwnEngine } from "../../../packages/engine.io/src/websocket/own-engine.ts";
import { WsEngine } from "../../../packages/engine.io/src/websocket/ws-engine.ts";
import { describeFrames, frame } from "../../support/raw-frames.ts";
import { ListenerLog, type Accept } from "../../support/websocket-bindings.ts";
import { bytes, changedBytes, changes, cuts, split, text, type Change } from "../arbitraries.ts";
import type { Fuzzer } from "../fuzzer.ts";

interface AnyFrame {
  readonly opcode: number;
  readonly payload: string | Buffer;
  readonly fin: boolean;
  readonly rsv: number;
  readonly lengthBytes: 0 | 2 | 8;
  readonly isMasked: boolean;
}

interface Input {
  readonly frames: readonly AnyFrame[];
  readonly changes: readonly Change<Buffer>[];
  /** The first part comes with the upgrade request. */
  readonly cuts: readonly number[];
}

/** No frame at all, and longer than any header: whoever waits for the rest of one says what is wrong with it. */
const END = Buffer.alloc(14);

/** Size of the largest message. */
const MAX_BYTES = 300;

const usually = <Value>(value: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const anyFrame: fc.Arbitrary<AnyFrame> = fc.record({
  opcode: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 1, 1, 2, 2, 9, 10) },
    { weight: 1, arbitrary: fc.constantFrom(3, 7, 8, 11, 15) },
  ),
  payload: fc.oneof(text(50), bytes(140), fc.constantFrom(Buffer.from("03e8", "hex"), Buffer.from("ff", "hex"))),
  fin: usually(true, false),
  rsv: usually(0, 1, 2, 4),
  lengthBytes: usually<0 | 2 | 8>(0, 2, 8),
  isMasked: usually(true, false),
});

/** A message in fragments, with a ping in between. */
const fragments: fc.Arbitrary<AnyFrame[]> = fc
  .tuple(fc.constantFrom(1, 2), fc.array(bytes(60), { minLength: 2, maxLength: 5 }))
  .map(([opcode, parts]) =>
    parts.flatMap((payload, at): AnyFrame[] => [
      { opcode: at === 0 ? opcode : 0, payload, fin: at === parts.length - 1, ...PROPER },
      ...(at === 0 ? [{ opcode: 9, payload: "", fin: true, ...PROPER }] : []),
    ]),
  );

const PROPER = { rsv: 0, lengthBytes: 0, isMasked: true } as const;

/** What a client sends on a WebSocket, to our own endpoint and to the one over `ws`: the same in parts, and by either. */
export function websocket(own: Accept = acceptOf(new OwnEngine(() => {}))): Fuzzer<Input> {
  const ws = acceptOf(new WsEngine(WebSocketServer, { perMessageDeflate: false, maxPayload: MAX_BYTES }, () => {}));
  return {
    name: "websocket",
    inputs: fc.record({
      frames: fc
        .array(
          fc.oneof(
            anyFrame.map((one) => [one]),
            fragments,
          ),
          { maxLength: 6 },
        )
        .map((list) => list.flat()),
      changes: changes(bytes(3), 2),
      cuts,
    }),
    start: () => ({
      async feed({ frames, changes: list, cuts: places }) {
        const stream = Buffer.concat([changedBytes(Buffer.concat(frames.map(encode)), list), END]);
        const whole = await converse(own, [stream]);
        const parts = split(stream, places);
        assert.deepEqual(await converse(own, parts), whole, "in parts it is something else");
        const byWs = await converse(ws, parts);
        // RFC 6455 section 5.2 asks for the shortest form of a length; ws reads any.
        if (whole.fault === "error WS_ERR_NON_MINIMAL_LENGTH") return;
        assert.deepEqual(byWs.messages, whole.messages, "over ws it is something else");
        // Which one, of several that are wrong at once, may differ.
        assert.equal(
          byWs.fault === undefined,
          whole.fault === undefined,
          `by ws ${byWs.fault}, by ours ${whole.fault}`,
        );
      },
    }),
  };
}

function acceptOf(engine: { accept: Accept }): Accept {
  return (...request) => engine.accept(...request);
}

function encode({ isMasked, ...parts }: AnyFrame): Buffer {
  return frame({ ...parts, ...(isMasked ? {} : { mask: null }), lengthBytes: longEnough(parts) });
}

/** A length that does not fit where it is to be written is written where it does. */
function longEnough({ lengthBytes, payload }: Pick<AnyFrame, "lengthBytes" | "payload">): 0 | 2 | 8 {
  return lengthBytes === 0 && Buffer.byteLength(payload) > 125 ? 2 : lengthBytes;
}

interface Conversation {
  readonly messages: readonly string[];
  readonly fault: string | undefined;
  readonly answers: readonly string[];
}

/** What the listener of an endpoint hears of a stream, and what the peer gets. */
async function converse(accept: Accept, [head = Buffer.alloc(0), ...rest]: readonly Buffer[]): Promise<Conversation> {
  const connection = new Connection();
  const log = new ListenerLog();
  accept(REQUEST, connection, Buffer.from(head), MAX_BYTES, (endpoint) => (endpoint.listener = log));
  await turn();
  for (const chunk of rest) {
    if (connection.readableEnded || connection.destroyed) break;
    connection.push(Buffer.from(chunk));
    await turn();
  }
  connection.destroy();
  await turn();
  const { lines, rest: unfinished } = describeFrames(connection.frames);
  assert.equal(unfinished.length, 0, "half a frame was sent");
  const closed = lines.findIndex((line) => line.startsWith("close"));
  assert.ok(closed === -1 || closed === lines.length - 1, `frames after the last one: ${lines.join(", ")}`);
  assert.equal(log.lines.filter((line) => line === "closed").length, 1, "the end is told once");
  return {
    messages: log.lines.filter((line) => /^(text|binary) /.test(line)),
    fault: log.lines.find((line) => line.startsWith("error")),
    answers: lines,
  };
}

/** A connection without a network: what is written is kept, what arrives is pushed. */
class Connection extends Duplex {
  readonly #written: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#written.push(chunk);
    done();
  }

  /** What was written after the answer to the upgrade request. */
  get frames(): Buffer {
    const all = Buffer.concat(this.#written);
    return all.subarray(all.indexOf("\r\n\r\n") + 4);
  }
}

const REQUEST = {
  method: "GET",
  headers: {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  },
} as unknown as IncomingMessage;
