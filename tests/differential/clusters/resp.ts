/* The protocol of Redis (RESP2), as far as clients and servers of it need. */

export type Reply =
  | { readonly simple: string }
  | { readonly error: string }
  | number
  | string
  | Buffer
  | null
  | readonly Reply[];

export function encodeReply(reply: Reply): Buffer {
  if (reply === null) return Buffer.from("$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (typeof reply === "string") return encodeReply(Buffer.from(reply));
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, END]);
  if ("simple" in reply) return Buffer.from(`+${reply.simple}\r\n`);
  if ("error" in reply) return Buffer.from(`-${reply.error}\r\n`);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(encodeReply)]);
}

const END = Buffer.from("\r\n");

/** Cuts what a client sends into its commands. */
export class CommandReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @returns the commands that are complete now, each with its arguments */
  push(chunk: Buffer): Buffer[][] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const commands: Buffer[][] = [];
    for (let found = readCommand(this.#rest); found !== null; found = readCommand(this.#rest)) {
      commands.push(found.command);
      this.#rest = this.#rest.subarray(found.length);
    }
    return commands;
  }
}

function readCommand(bytes: Buffer): { readonly command: Buffer[]; readonly length: number } | null {
  let at = 0;
  const number = (): number => {
    const end = bytes.indexOf(END, at);
    if (end === -1) return Number.NaN;
    const value = Number(bytes.toString("latin1", at + 1, end));
    at = end + END.length;
    return value;
  };
  const count = number();
  if (Number.isNaN(count)) return null;
  const command: Buffer[] = [];
  while (command.length < count) {
    const length = number();
    if (!(at + length + END.length <= bytes.length)) return null;
    command.push(bytes.subarray(at, at + length));
    at += length + END.length;
  }
  return { command, length: at };
}
