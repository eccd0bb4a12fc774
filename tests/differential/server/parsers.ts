import { EventEmitter } from "node:events";
import type { ServerOptions } from "socket.io";
import { loadParser, type Maker } from "../../interop/implementations.ts";
import type { ParserName } from "./program.ts";

type Parser = NonNullable<ServerOptions["parser"]>;

/**
 * A parser for one end.
 *
 * @param base socket.io-parser of its maker
 */
export function parserOf(name: ParserName, maker: Maker, base: typeof import("socket.io-parser")): Parser | undefined {
  switch (name) {
    case "default":
      return undefined;
    case "msgpack":
      return loadParser(maker);
    case "text":
      return { Encoder: TextEncoder, Decoder: TextDecoder };
    case "revived":
      return {
        Encoder: class extends base.Encoder {
          constructor() {
            super(replace);
          }
        },
        Decoder: class extends base.Decoder {
          constructor() {
            super(revive);
          }
        },
      } as Parser;
  }
}

function replace(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? { $big: String(value) } : value;
}

function revive(_key: string, value: unknown): unknown {
  const { $big } = (value ?? {}) as { $big?: string };
  return $big === undefined ? value : BigInt($big);
}

/** As the documentation of Socket.IO has it: one text a packet, whatever is in it. */
class TextEncoder {
  encode(packet: object): string[] {
    return [JSON.stringify(packet)];
  }
}

class TextDecoder extends EventEmitter {
  add(chunk: string): void {
    this.emit("decoded", JSON.parse(chunk));
  }

  destroy(): void {}
}
