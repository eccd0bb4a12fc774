import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { anyFrame } from "../../../tests/support/any-frames.ts";
import { close, describeFrames } from "../../../tests/support/raw-frames.ts";
import { Endings } from "../src/websocket/endings.ts";
import type { EndpointListener } from "../src/websocket/endpoint.ts";
import { OwnEndpoint } from "../src/websocket/own-endpoint.ts";

/** Size of the largest message. */
const MAX_BYTES = 1000;

/** A connection without a network: what is written is kept, what arrives is pushed. */
class Connection extends Duplex {
  readonly written: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}

/** An endpoint on such a connection that sends every message back. */
class Echo implements EndpointListener {
  readonly lines: string[] = [];
  readonly connection = new Connection();
  readonly endpoint: OwnEndpoint;

  constructor(head: Buffer) {
    this.endpoint = new OwnEndpoint(this.connection, head, "", {
      protocol: "",
      maxBytes: MAX_BYTES,
      endings: new Endings(),
    });
    this.endpoint.listener = this;
  }
  onMessage(data: string | Buffer): void {
    assert.ok(data.length <= MAX_BYTES);
    this.lines.push(typeof data === "string" ? `text ${data}` : `binary ${data.toString("hex")}`);
    this.endpoint.send(data, false, false);
  }
  onWritten(): void {}
  onError(error: unknown): void {
    this.lines.push(`error ${(error as { code?: string }).code}`);
  }
  onClose(): void {
    this.lines.push("closed");
  }

  /** Lets one chunk be read. */
  async receive(chunk: Buffer): Promise<void> {
    if (this.connection.readableEnded || this.connection.destroyed) return;
    this.connection.push(chunk);
    await new Promise(setImmediate);
  }

  /** What it has heard and what it has answered. */
  get account(): { heard: string[]; answered: string[]; rest: number } {
    const { lines, rest } = describeFrames(Buffer.concat(this.connection.written));
    return { heard: this.lines, answered: lines, rest: rest.length };
  }
}

const anyStream = fc.array(anyFrame, { maxLength: 10 }).map((frames) => Buffer.concat([...frames.flat(), close(1000)]));
const anyCuts = fc.array(fc.nat(), { maxLength: 12 });
const anyChanges = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });

/** The first part comes with the upgrade request. */
async function echo(stream: Buffer, cuts: readonly number[]): Promise<Echo> {
  // The parser writes into what it is given.
  const [head = Buffer.alloc(0), ...chunks] = split(Buffer.from(stream), cuts);
  const peer = new Echo(head);
  await new Promise(setImmediate);
  for (const chunk of chunks) await peer.receive(chunk);
  return peer;
}

describe("an endpoint, whatever the network does to the stream", () => {
  test("hears and answers the same however it is split", async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, async (stream, cuts) => {
        const whole = await echo(stream, []);
        const inParts = await echo(stream, cuts);
        // Nobody ends them from the other side.
        for (const { connection } of [whole, inParts]) connection.destroy();
        assert.deepEqual(inParts.account, whole.account);
        assert.equal(whole.account.answered.at(-1), "close 1000");
      }),
      { seed: 6455, numRuns: 200 },
    );
  });

  test("ends in one close frame at most, after which it says nothing, if bytes of it are changed", async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, anyChanges, async (stream, cuts, changes) => {
        const peer = await echo(mutated(stream, changes), cuts);
        // A frame that has become longer would wait for its rest.
        const { connection } = peer;
        if (!connection.destroyed) {
          const closed = once(connection, "close");
          connection.push(null);
          await closed;
        }
        const { heard, answered, rest } = peer.account;
        assert.deepEqual(heard.filter((line) => line === "closed").length, 1);
        assert.ok(heard.filter((line) => line.startsWith("error")).length <= 1, heard.join("\n"));
        assert.equal(rest, 0);
        assert.ok(!answered.slice(0, -1).some((line) => line.startsWith("close")), answered.join("\n"));
        assert.ok(!answered.some((line) => /wrong|unknown/.test(line)), answered.join("\n"));
      }),
      { seed: 6455, numRuns: 400 },
    );
  });

  test("keeps no more than the largest message while it waits for the rest of a changed stream", async () => {
    const streams = fc.sample(fc.tuple(anyStream, anyChanges), { seed: 6455, numRuns: 200 });
    const peers = streams.map(() => new Echo(Buffer.alloc(0)));
    const before = await bytesInUse();
    for (const [at, [stream, changes]] of streams.entries()) {
      const { connection, endpoint, lines } = peers[at]!;
      // Without its close frame, again and again; the change is in the first part.
      const part = stream.subarray(0, -8);
      const long = mutated(
        Buffer.concat(Array.from({ length: Math.ceil(50_000 / (part.length + 1)) }, () => part)),
        changes,
        part.length,
      );
      for (let from = 0; from < long.length; from += 97) endpoint.onChunk(Buffer.from(long.subarray(from, from + 97)));
      // What it said is the network's.
      connection.written.length = 0;
      lines.length = 0;
    }
    const perPeer = ((await bytesInUse()) - before) / peers.length;
    for (const { connection } of peers) connection.destroy();
    assert.ok(perPeer < 3 * MAX_BYTES, `${perPeer}`);
  });
});

/** What is left once all that may go is gone. */
async function bytesInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

function mutated(
  stream: Buffer,
  changes: readonly (readonly [at: number, byte: number])[],
  within = stream.length,
): Buffer {
  const result = Buffer.from(stream);
  for (const [at, byte] of changes) if (within > 0) result[at % within] = byte;
  return result;
}

function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return places.slice(1).map((place, at) => stream.subarray(places[at], place));
}
