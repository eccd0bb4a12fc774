import { allocate, copyOfStart, isPlainBytes, writeText } from "./platform.js";

/** A buffer that became larger for one message is not kept for the next. */
const KEPT_BYTES = 16_384;

/** Room that a value takes beside its contents: format, length, type. */
const MAX_HEAD_BYTES = 9;

/**
 * One value as MessagePack, in the forms of notepack.io 2 (protocols.md 5): `undefined`, dates and ArrayBuffers are extensions
 * of type 0. Of a view, its own bytes are written and no others of the buffer behind it. Objects are written by their own
 * members, functions left out, or by what their `toJSON` gives.
 * @throws TypeError for what there is no form for, circles and nesting too deep
 */
export function encode(value: unknown): Uint8Array {
  const at = writer.start();
  try {
    writer.write(value);
    return writer.end(at);
  } catch (error) {
    if (error instanceof RangeError)
      throw new TypeError("Could not encode: a circle, or nesting too deep", { cause: error });
    throw error;
  } finally {
    writer.reset(at);
  }
}

class Writer {
  #bytes = allocate(KEPT_BYTES);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  #at = 0;

  /** A `toJSON` may encode something itself: each message begins behind the ones that are being written. */
  start(): number {
    return this.#at;
  }

  end(start: number): Uint8Array {
    return copyOfStart(this.#bytes.subarray(start), this.#at - start);
  }

  reset(start: number): void {
    this.#at = start;
    if (start === 0 && this.#bytes.length > KEPT_BYTES) this.#grow(KEPT_BYTES, 0);
  }

  write(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#head(value ? 0xc3 : 0xc2);
      case "undefined":
        this.#head(0xd4);
        return this.#uint16(0);
      case "object":
        return value === null ? this.#head(0xc0) : this.#object(value);
      default:
        throw new TypeError(`Could not encode: a ${typeof value}`);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) return this.#array(value);
    // A plain object is nothing special, and by far the most frequent.
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      if (value instanceof Date) return this.#date(value);
      if (ArrayBuffer.isView(value)) return this.#binary(value);
      // By tag, since buffers and files may come from another window or vm context.
      const tag = Object.prototype.toString.call(value);
      if (tag === "[object ArrayBuffer]") return this.#binary(value as ArrayBuffer);
      if (tag === "[object Blob]" || tag === "[object File]") {
        throw new TypeError("Could not encode: a Blob. Send its arrayBuffer(), which is a promise of the bytes");
      }
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.write(toJSON.call(value));
    this.#map(value as Record<string, unknown>);
  }

  #array(list: readonly unknown[]): void {
    const { length } = list;
    this.#length(length, 0x90, 15, 0xdc);
    for (let at = 0; at < length; at++) this.write(list[at]);
  }

  #map(map: Record<string, unknown>): void {
    const keys = Object.keys(map);
    let { length } = keys;
    for (const key of keys) if (typeof map[key] === "function") length--;
    this.#length(length, 0x80, 15, 0xde);
    for (const key of keys) {
      const value = map[key];
      if (typeof value === "function") continue;
      this.#text(key);
      this.write(value);
    }
  }

  #date(date: Date): void {
    const ms = date.getTime() || 0;
    this.#head(0xd7);
    this.#head(0);
    this.#int64(ms);
  }

  #binary(value: ArrayBuffer | ArrayBufferView): void {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    const isPlain = isPlainBytes(value);
    this.#sized(bytes.length, isPlain ? 0xc4 : 0xc7);
    if (!isPlain) this.#head(0);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string): void {
    this.#reserve(3 * text.length);
    if (text.length < 32 && this.#shortAscii(text)) return;
    // Its length in bytes is known once it is written: the text goes where it will be if it is ASCII, and is moved if not.
    const guess = headOfText(text.length);
    const start = this.#at;
    const length = writeText(this.#bytes, start + guess, text);
    const actual = headOfText(length);
    if (actual !== guess) this.#bytes.copyWithin(start + actual, start + guess, start + guess + length);
    if (length < 32) this.#head(0xa0 + length);
    else this.#sized(length, 0xd9);
    this.#at += length;
  }

  /** Hot path: keys and names are short, and a loop is faster than the platform's encoder there. False if it is not ASCII. */
  #shortAscii(text: string): boolean {
    const bytes = this.#bytes;
    const { length } = text;
    const start = this.#at + 1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[start + i] = code;
    }
    bytes[this.#at] = 0xa0 + length;
    this.#at = start + length;
    return true;
  }

  /** Hot path: most numbers of an application are small. */
  #number(value: number): void {
    if (!Number.isInteger(value) || value >= 2 ** 64 || value < -(2 ** 63)) {
      this.#head(0xcb);
      this.#view.setFloat64(this.#at, value);
      this.#at += 8;
    } else if (value >= 0) {
      if (value < 0x80) this.#head(value);
      else if (value < 2 ** 32) this.#sized(value, 0xcc);
      else this.#headOf64(0xcf, value);
    } else if (value >= -0x20) this.#head(value & 0xff);
    else if (value >= -0x80) {
      this.#head(0xd0);
      this.#head(value & 0xff);
    } else if (value >= -0x8000) {
      this.#head(0xd1);
      this.#uint16(value & 0xffff);
    } else if (value >= -(2 ** 31)) {
      this.#head(0xd2);
      this.#uint32(value >>> 0);
    } else this.#headOf64(0xd3, value);
  }

  /** The head of arrays and maps: short ones have a format of their own, the others 16 or 32 bits of length. */
  #length(length: number, short: number, maxShort: number, long: number): void {
    if (length <= maxShort) return this.#head(short + length);
    const isHuge = length > 0xffff;
    this.#head(isHuge ? long + 1 : long);
    if (isHuge) this.#uint32(length);
    else this.#uint16(length);
  }

  /** A format of three, followed by a number of 8, 16 or 32 bits. */
  #sized(value: number, format8: number): void {
    if (value <= 0xff) {
      this.#head(format8);
      this.#head(value);
    } else if (value <= 0xffff) {
      this.#head(format8 + 1);
      this.#uint16(value);
    } else {
      this.#head(format8 + 2);
      this.#uint32(value);
    }
  }

  #headOf64(format: number, value: number): void {
    this.#head(format);
    this.#int64(value);
  }

  #head(byte: number): void {
    this.#reserve(0);
    this.#bytes[this.#at++] = byte;
  }

  #uint16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  #uint32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  #int64(value: number): void {
    this.#view.setInt32(this.#at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(this.#at + 4, value >>> 0);
    this.#at += 8;
  }

  /** Room for so many bytes, and a head before them. */
  #reserve(length: number): void {
    const needed = this.#at + length + MAX_HEAD_BYTES;
    if (needed > this.#bytes.length) this.#grow(2 * needed, this.#at);
  }

  #grow(capacity: number, keep: number): void {
    const bytes = allocate(capacity);
    bytes.set(this.#bytes.subarray(0, keep));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function headOfText(length: number): number {
  if (length < 32) return 1;
  if (length <= 0xff) return 2;
  return length <= 0xffff ? 3 : 5;
}

const writer = new Writer();
