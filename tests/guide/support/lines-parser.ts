import { EventEmitter } from "node:events";
import type { Packet } from "socket.io-parser";

/** A parser as an application may bring its own: one text per packet, whose first line names the form. */

const FORM = "lines";

export class Encoder {
  encode({ type, nsp, id, data }: Packet): string[] {
    return [[FORM, type, nsp, id ?? "", JSON.stringify(data ?? null)].join("\n")];
  }
}

export class Decoder extends EventEmitter {
  add(text: string): void {
    const [form, type, nsp, id, data = "null"] = text.split("\n");
    if (form !== FORM) throw new Error("not in this form");
    this.emit("decoded", { type: Number(type), nsp, id: id === "" ? undefined : Number(id), data: JSON.parse(data) });
  }

  destroy(): void {}
}
