import { DecodeError } from "../errors.js";
import { readBytes, readText, wrap } from "./platform.js";

/** Deeper nesting is refused, as by the default parser: whoever walks the value by recursion would run out of stack. */
const MAX_DEPTH = 1000;

/**
 * The one value that `bytes` are. Reads the forms of notepack.io 2 and 3: `undefined`, dates and ArrayBuffers as extensions
 * of type 0, dates as timestamps too; other extensions become `[type, bytes]`.
 *
 * Nothing is allocated because a header announces it: memory grows with what has arrived, not with what is claimed.
 * @throws DecodeError
 */
export function decode(bytes: Uint8Array): unknown {
  const reader = new Reader(wrap(bytes));
  const value = reader.read(MAX_DEPTH);
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  end(): void {
    const rest = this.#bytes.length - this.#at;
    if (rest > 0) throw new DecodeError(`${rest} trailing bytes`);
  }

  /**
   * First bytes as in the MessagePack specification, "Formats".
   * @param depth how many levels there may be yet
   */
  read(depth: number): unknown {
    const format = this.#uint(1);
    if (format < 0x80) return format; // positive fixint
    if (format < 0x90) return this.#map(format & 0x0f, depth); // fixmap
    if (format < 0xa0) return this.#array(format & 0x0f, depth); // fixarray
    if (format < 0xc0) return this.#text(format & 0x1f); // fixstr
    if (format >= 0xe0) return format - 0x100; // negative fixint
    switch (format) {
      case 0xc0: // nil
        return null;
      case 0xc2: // false
        return false;
      case 0xc3: // true
        return true;
      case 0xc4: // bin8
      case 0xc5: // bin16
      case 0xc6: // bin32
        return this.#binary(this.#uint(1 << (format - 0xc4)));
      case 0xc7: // ext8
      case 0xc8: // ext16
      case 0xc9: // ext32
        return this.#extension(this.#uint(1 << (format - 0xc7)), false);
      case 0xca: // float32
        return this.#view.getFloat32(this.#take(4));
      case 0xcb: // float64
        return this.#view.getFloat64(this.#take(8));
      case 0xcc: // uint8
      case 0xcd: // uint16
      case 0xce: // uint32
        return this.#uint(1 << (format - 0xcc));
      case 0xcf: // uint64
        return this.#uint(4) * 2 ** 32 + this.#uint(4);
      case 0xd0: // int8
        return this.#view.getInt8(this.#take(1));
      case 0xd1: // int16
        return this.#view.getInt16(this.#take(2));
      case 0xd2: // int32
        return this.#view.getInt32(this.#take(4));
      case 0xd3: // int64
        return this.#int64();
      case 0xd4: // fixext1
      case 0xd5: // fixext2
      case 0xd6: // fixext4
      case 0xd7: // fixext8
      case 0xd8: // fixext16
        return this.#extension(1 << (format - 0xd4), true);
      case 0xd9: // str8
      case 0xda: // str16
      case 0xdb: // str32
        return this.#text(this.#uint(1 << (format - 0xd9)));
      case 0xdc: // array16
      case 0xdd: // array32
        return this.#array(this.#uint(2 << (format - 0xdc)), depth);
      case 0xde: // map16
      case 0xdf: // map32
        return this.#map(this.#uint(2 << (format - 0xde)), depth);
      default:
        throw unreadable("a byte that means nothing");
    }
  }

  /** Where the next `length` bytes begin. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw unreadable("it ends too early");
    this.#at = at + length;
    return at;
  }

  #uint(size: number): number {
    const at = this.#take(size);
    if (size === 1) return this.#bytes[at]!;
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #int64(): number {
    const high = this.#view.getInt32(this.#take(4));
    return high * 2 ** 32 + this.#uint(4);
  }

  #text(length: number): string {
    const at = this.#take(length);
    return (length < 16 ? shortAscii(this.#bytes, at, at + length) : null) ?? readText(this.#bytes, at, at + length);
  }

  #binary(length: number): unknown {
    const at = this.#take(length);
    return readBytes(this.#bytes, at, at + length);
  }

  #array(length: number, depth: number): unknown[] {
    if (depth === 0) throw tooDeep();
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.read(depth - 1));
    return list;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    if (depth === 0) throw tooDeep();
    const map: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const key = this.read(depth - 1);
      if (typeof key !== "string" && typeof key !== "number") throw unreadable("a key that is no text");
      // Assigned, it would change the prototype; and no encoder of JavaScript objects writes it.
      if (key === "__proto__") throw unreadable("the key __proto__");
      map[key] = this.read(depth - 1);
    }
    return map;
  }

  /** @param isFixed its length is part of the format, which tells `undefined` and dates from ArrayBuffers */
  #extension(length: number, isFixed: boolean): unknown {
    const type = this.#view.getInt8(this.#take(1));
    if (type === 0 && isFixed && length === 1) return void this.#take(1);
    if (type === 0 && isFixed && length === 8) return new Date(this.#int64());
    if (type === -1 && (length === 4 || length === 8 || length === 12)) return this.#timestamp(length);
    if (type !== 0 || isFixed) return [type, this.#binary(length)];
    const at = this.#take(length);
    // Not `slice`, which in Node's Buffers is a view: whoever gets the ArrayBuffer would get the whole message and more.
    return new Uint8Array(this.#bytes.subarray(at, at + length)).buffer;
  }

  /** Seconds; or nanoseconds in 30 bits and seconds in 34; or 32 bits of nanoseconds and 64 of seconds. */
  #timestamp(length: number): Date {
    if (length === 4) return new Date(this.#uint(4) * 1000);
    const first = this.#uint(4);
    if (length === 12) return new Date(this.#int64() * 1000 + Math.floor(first / 1e6));
    const seconds = (first & 3) * 2 ** 32 + this.#uint(4);
    return new Date(seconds * 1000 + Math.floor((first >>> 2) / 1e6));
  }
}

/** Hot path: keys and names are short, and a loop is faster than the platform's decoder there. Null if it is not ASCII. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | null {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

function unreadable(why: string): DecodeError {
  return new DecodeError(`Could not parse: ${why}`);
}

function tooDeep(): DecodeError {
  return unreadable(`more than ${MAX_DEPTH} levels`);
}
