import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { anyFrame } from "../../../tests/support/any-frames.ts";
import {
  binary,
  close,
  continuation,
  describeFrames,
  frame,
  fromOtherSide,
  ping,
  pong,
  text,
} from "../../../tests/support/raw-frames.ts";
import {
  acceptKey,
  closePayload,
  encodeUnmaskedFrame,
  encodeHeader,
  encodeMaskedFrame,
  FrameParser,
  isCloseCode,
  MAX_FRAGMENTS,
  type FrameSink,
} from "engine.io-parser/websocket";

/** What a parser made of a stream, one line for each call. */
class Log implements FrameSink {
  readonly lines: string[] = [];
  readonly messages: (string | Buffer)[] = [];
  onMessage(data: string | Buffer): void {
    this.messages.push(data);
    this.lines.push(typeof data === "string" ? `text ${data}` : `binary ${data.toString("hex")}`);
  }
  onPing(payload: Buffer): void {
    this.lines.push(`ping ${payload.toString()}`);
  }
  onPong(payload: Buffer): void {
    this.lines.push(`pong ${payload.toString()}`);
  }
  onCloseFrame(code: number, reason: Buffer): void {
    this.lines.push(`close ${code} ${reason.toString()}`);
  }
  onFrameError(error: { code: string; closeCode: number }): void {
    this.lines.push(`error ${error.closeCode} ${error.code}`);
  }
}

function parse(chunks: readonly Buffer[], maxBytes = 1000, peer: "client" | "server" = "client"): Log {
  const log = new Log();
  const parser = new FrameParser(log, maxBytes, peer);
  // It writes into what it is given.
  for (const chunk of chunks) parser.receive(Buffer.from(chunk));
  return log;
}

const lines = (...chunks: Buffer[]): string[] => parse([Buffer.concat(chunks)]).lines;

/** A text that does not fit in one byte a character. */
const UMLAUTS = "äöü€😀".repeat(20);

describe("what a client may send", () => {
  test("messages of all lengths around the borders of the header", () => {
    for (const length of [0, 1, 3, 63, 64, 65, 125, 126, 127, 255, 65_535, 65_536, 100_003]) {
      const payload = Buffer.alloc(length, "abcdefg");
      const log = parse([binary(payload), text(payload)], 200_000);
      assert.deepEqual(log.messages, [payload, payload.toString()]);
    }
  });

  test("the mask comes off at any place in memory", () => {
    const payload = Buffer.from(Array.from({ length: 150 }, (_, at) => (at * 7) % 256));
    for (let shift = 0; shift < 9; shift++) {
      const stream = Buffer.concat([binary(Buffer.alloc(shift)), binary(payload), text(UMLAUTS)]);
      assert.deepEqual(parse([stream]).messages, [Buffer.alloc(shift), payload, UMLAUTS]);
    }
  });

  test("fragments, empty ones too, with control frames between them", () => {
    assert.deepEqual(
      lines(
        text("h", { fin: false }),
        ping("a"),
        continuation("", { fin: false }),
        pong("b"),
        continuation(Buffer.from("é").subarray(0, 1), { fin: false }),
        continuation(Buffer.from("é").subarray(1)),
        binary(Buffer.from([1]), { fin: false }),
        continuation(""),
        text(""),
      ),
      ["ping a", "pong b", "text hé", "binary 01", "text "],
    );
  });

  test("after a close frame nothing is read", () => {
    assert.deepEqual(lines(close(1000, "bye"), text("late")), ["close 1000 bye"]);
    assert.deepEqual(lines(close()), ["close 1005 "]);
    assert.deepEqual(lines(close(4999, "x".repeat(123))), [`close 4999 ${"x".repeat(123)}`]);
  });

  test("a text may have the sign that stands for what is no text", () => {
    const replaced = "\ufffd and é";
    assert.deepEqual(lines(text(replaced)), [`text ${replaced}`]);
    assert.deepEqual(parse([text(replaced, { mask: null })], 1000, "server").lines, [`text ${replaced}`]);
  });

  test("as many fragments as are allowed", () => {
    const fragments = Array.from({ length: MAX_FRAGMENTS - 2 }, () => continuation("", { fin: false }));
    assert.deepEqual(lines(text("a", { fin: false }), ...fragments, continuation("b")), ["text ab"]);
    assert.deepEqual(
      lines(text("a", { fin: false }), ...fragments, continuation("", { fin: false }), continuation("b")),
      ["error 1008 WS_ERR_TOO_MANY_FRAGMENTS"],
    );
  });
});

describe("what a client may not send", () => {
  const wrong: [name: string, bytes: Buffer, error: string][] = [
    ["a frame without a mask", text("a", { mask: null }), "1002 WS_ERR_EXPECTED_MASK"],
    ["RSV1", text("a", { rsv: 4 }), "1002 WS_ERR_UNEXPECTED_RSV_1"],
    ["RSV2", text("a", { rsv: 2 }), "1002 WS_ERR_UNEXPECTED_RSV_2_3"],
    ["RSV3 on a control frame", ping("a", { rsv: 1 }), "1002 WS_ERR_UNEXPECTED_RSV_2_3"],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer, string] => [
      `opcode ${opcode}`,
      frame({ opcode }),
      "1002 WS_ERR_INVALID_OPCODE",
    ]),
    ["a continuation of nothing", continuation("a"), "1002 WS_ERR_INVALID_OPCODE"],
    ["a message within a message", Buffer.concat([text("a", { fin: false }), text("b")]), "1002 WS_ERR_INVALID_OPCODE"],
    ["a fragmented ping", ping("a", { fin: false }), "1002 WS_ERR_EXPECTED_FIN"],
    ["a ping of 126 bytes", ping("x".repeat(126)), "1002 WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"],
    ["a close frame of one byte", frame({ opcode: 8, payload: "a" }), "1002 WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"],
    ["a close code that is never sent", close(1005), "1002 WS_ERR_INVALID_CLOSE_CODE"],
    ["a reason that is not UTF-8", close(1000, Buffer.from([0xff])), "1007 WS_ERR_INVALID_UTF8"],
    ["125 bytes announced in 2", text("x".repeat(125), { lengthBytes: 2 }), "1002 WS_ERR_NON_MINIMAL_LENGTH"],
    ["a few bytes announced in 8", text("xxx", { lengthBytes: 8 }), "1002 WS_ERR_NON_MINIMAL_LENGTH"],
    ["text that is not UTF-8", text(Buffer.from([0x61, 0xc3, 0x28])), "1007 WS_ERR_INVALID_UTF8"],
    ["a surrogate in text", text(Buffer.from([0xed, 0xa0, 0x80])), "1007 WS_ERR_INVALID_UTF8"],
    [
      "long text that is not UTF-8",
      text(Buffer.concat([Buffer.alloc(300, "a"), Buffer.from([0x80])])),
      "1007 WS_ERR_INVALID_UTF8",
    ],
    ["text that ends within a character", text(Buffer.from([0xe2, 0x82])), "1007 WS_ERR_INVALID_UTF8"],
    ["a message above the limit", binary(Buffer.alloc(1001)), "1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    ["2^53 bytes", binary(Buffer.alloc(0), { length: 2n ** 53n }), "1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    ["2^64 - 1 bytes", binary(Buffer.alloc(0), { length: 2n ** 64n - 1n }), "1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
  ];
  for (const [name, bytes, error] of wrong) {
    test(`${name}: ${error}, and nothing after it is read`, () => {
      assert.deepEqual(lines(bytes, text("late")), [`error ${error}`]);
      // Byte by byte as well.
      assert.deepEqual(parse([...bytes, ...text("late")].map((byte) => Buffer.from([byte]))).lines, [`error ${error}`]);
    });
  }

  test("the same is wrong from a server, but for the mask", () => {
    for (const [name, bytes, error] of wrong) {
      const expected = error.replace("EXPECTED_MASK", "UNEXPECTED_MASK");
      assert.deepEqual(parse([fromOtherSide(bytes)], 1000, "server").lines, [`error ${expected}`], name);
    }
  });

  test("too much is refused when it is announced, over all fragments", () => {
    assert.deepEqual(parse([binary(Buffer.alloc(0), { length: 1001 })]).lines, [
      "error 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    ]);
    const first = text("x".repeat(600), { fin: false });
    assert.deepEqual(parse([first, continuation("", { length: 400 })]).lines, []);
    assert.deepEqual(parse([first, continuation("", { length: 401 })]).lines, [
      "error 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    ]);
  });

  test("a limit of 0 is none", () => {
    assert.equal(parse([binary(Buffer.alloc(2_000_000))], 0).messages.length, 1);
  });

  test("the close codes that may be sent", () => {
    const allowed = [];
    for (let code = 0; code < 65_536; code++) if (isCloseCode(code)) allowed.push(code);
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    assert.deepEqual(allowed, [...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
  });
});

describe("whatever the network does to a stream", () => {
  const anyFrames = fc.array(anyFrame, { maxLength: 12 }).map((frames) => frames.flat());
  const anyStream = anyFrames.map((frames) => Buffer.concat(frames));
  const anyCuts = fc.array(fc.nat(), { maxLength: 30 });

  test("any split gives the same messages", () => {
    fc.assert(
      fc.property(anyStream, anyCuts, (stream, cuts) => {
        assert.deepEqual(parse(split(stream, cuts)).lines, parse([stream]).lines);
      }),
      { seed: 6455, numRuns: 500 },
    );
  });

  test("a server's frames, without masks, give the same messages as a client's, whatever the split", () => {
    fc.assert(
      fc.property(anyFrames, anyCuts, (frames, cuts) => {
        const unmasked = fromOtherSide(Buffer.concat(frames));
        assert.deepEqual(parse(split(unmasked, cuts), 1000, "server").lines, parse(frames).lines);
      }),
      { seed: 6455, numRuns: 500 },
    );
  });

  test("a stream with changed bytes gives messages of the allowed size and at most one end, whatever the split", () => {
    fc.assert(
      fc.property(anyStream, anyCuts, fc.array(fc.tuple(fc.nat(), fc.nat(255))), (stream, cuts, changes) => {
        const mutated = Buffer.from(stream);
        for (const [at, byte] of changes) if (mutated.length > 0) mutated[at % mutated.length] = byte;
        const whole = parse([mutated]);
        assert.deepEqual(parse(split(mutated, cuts)).lines, whole.lines);
        const ends = whole.lines.map((line) => /^(error|close)/.test(line));
        assert.ok(!ends.slice(0, -1).includes(true), whole.lines.join("\n"));
        for (const message of whole.messages) assert.ok(message.length <= 1000);
      }),
      { seed: 6455, numRuns: 1000 },
    );
  });

  test("noise ends in at most one error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => {
        assert.ok(parse([Buffer.from(noise)]).lines.filter((line) => line.startsWith("error")).length <= 1);
      }),
      { seed: 6455, numRuns: 500 },
    );
  });
});

describe("what is kept", () => {
  test("a small message does not hold the memory of the chunk that it came in", () => {
    const chunk = Buffer.from(new ArrayBuffer(65_536));
    binary(Buffer.from([1, 2, 3])).copy(chunk);
    binary(Buffer.alloc(40_000)).copy(chunk, 9);
    const log = new Log();
    new FrameParser(log, 100_000).receive(chunk.subarray(0, 9 + 8 + 40_000));
    const [small, large] = log.messages as [Buffer, Buffer];
    assert.ok(small.buffer.byteLength <= Buffer.poolSize);
    assert.deepEqual(small, Buffer.from([1, 2, 3]));
    assert.equal(large.buffer, chunk.buffer);
  });

  test("nothing of a chunk that was lent, whatever becomes of it afterwards", () => {
    const log = new Log();
    const parser = new FrameParser(log, 200_000, "server");
    const [large, part] = [Buffer.alloc(60_000, "a"), Buffer.alloc(40_000, "b")];
    const stream = fromOtherSide(
      Buffer.concat([binary(large), binary(part, { fin: false }), continuation(part), binary(large), ping("c")]),
    );
    const lent = Buffer.alloc(65_536);
    for (let at = 0; at < stream.length; at += lent.length) {
      const bytes = stream.copy(lent, 0, at);
      parser.receive(lent.subarray(0, bytes), true);
      lent.fill(0);
    }
    assert.deepEqual(log.messages, [large, Buffer.concat([part, part]), large]);
    assert.equal(log.lines.at(-1), "ping c");
  });

  test("grows with what has arrived, not with what was announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 500 }, () => new FrameParser(new Log(), 2_000_000));
    for (const parser of parsers) {
      for (const byte of binary(Buffer.alloc(20), { length: 1_000_000 })) parser.receive(Buffer.from([byte]));
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 5_000_000, `${grown}`);
    for (const parser of parsers) parser.stop();
  });

  test("if a listener throws, the stream goes on behind that message", () => {
    const log = new Log();
    const onMessage = log.onMessage.bind(log);
    log.onMessage = (data) => {
      onMessage(data);
      if (data === "throw") throw new Error("application");
    };
    const parser = new FrameParser(log, 1000);
    const stream = Buffer.concat([text("throw"), text("next"), text("throw"), text("x".repeat(200))]);
    parser.receive(stream.subarray(0, 5));
    assert.throws(() => parser.receive(stream.subarray(5, -9)), { message: "application" });
    assert.throws(() => parser.receive(stream.subarray(-9, -4)), { message: "application" });
    parser.receive(stream.subarray(-4));
    assert.deepEqual(log.messages, ["throw", "next", "throw", "x".repeat(200)]);
  });

  test("a parser that was stopped by a listener reads nothing more", () => {
    const log = new Log();
    const parser = new FrameParser(log, 1000);
    log.onPing = () => parser.stop();
    parser.receive(Buffer.concat([ping(), text("late")]));
    parser.receive(text("later"));
    assert.deepEqual(log.lines, []);
  });
});

describe("what a server sends", () => {
  test("frames with the shortest header", () => {
    for (const length of [0, 125, 126, 65_535, 65_536]) {
      const payload = Buffer.alloc(length, 1);
      const { lines: sent, rest } = describeFrames(encodeUnmaskedFrame(2, payload));
      assert.deepEqual([sent, rest.length], [[`binary${length === 0 ? "" : " "}${payload.toString("hex")}`], 0]);
      assert.deepEqual(Buffer.concat([encodeHeader(2, length), payload]), encodeUnmaskedFrame(2, payload));
      assert.equal(encodeHeader(2, length).length, length < 126 ? 2 : length < 65_536 ? 4 : 10);
    }
    assert.deepEqual(describeFrames(encodeUnmaskedFrame(1, UMLAUTS)).lines, [`text ${UMLAUTS}`]);
  });

  test("close frames with and without code and reason", () => {
    const sent = (payload: Buffer): string[] => describeFrames(encodeUnmaskedFrame(8, payload)).lines;
    assert.deepEqual(sent(closePayload()), ["close"]);
    assert.deepEqual(sent(closePayload(1000)), ["close 1000"]);
    assert.deepEqual(sent(closePayload(4000, "hé")), ["close 4000 hé"]);
    assert.deepEqual(sent(closePayload(4000, Buffer.from("hé"))), ["close 4000 hé"]);
  });
});

describe("what a client sends", () => {
  test("frames with a mask, which are the payload once that is off, wherever it lies in memory", () => {
    for (const length of [0, 1, 63, 64, 65, 125, 126, 65_535, 65_536, 100_003]) {
      const payload = Buffer.alloc(length, "abcdefg");
      const stream = [encodeMaskedFrame(2, payload), encodeMaskedFrame(1, payload.toString())];
      assert.deepEqual(parse(stream, 200_000).messages, [payload, payload.toString()]);
      assert.equal(payload.toString(), "abcdefg".repeat(length).slice(0, length));
    }
    assert.deepEqual(parse([encodeMaskedFrame(1, UMLAUTS), encodeMaskedFrame(9, "p")]).lines, [
      `text ${UMLAUTS}`,
      "ping p",
    ]);
  });

  test("the keys are different ones, and not those that were used before", () => {
    const keys = Array.from({ length: 10_000 }, () => encodeMaskedFrame(2, Buffer.alloc(4)).toString("hex", 6));
    // Of 10,000 random numbers of 32 bits, two are the same once in some 86 runs, and four never.
    assert.ok(new Set(keys).size > 9990, `${new Set(keys).size}`);
  });
});

test("the key of the handshake is answered as in RFC 6455, section 1.3", () => {
  assert.equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

/** Cuts a stream at places that are given modulo its length. */
function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return places.slice(1).map((place, at) => stream.subarray(places[at], place));
}
