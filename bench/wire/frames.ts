/* WebSocket frames (RFC 6455, section 5.2) that are made before anything is measured. */

export const TEXT = 1;
export const BINARY = 2;

/**
 * As clients send it, masked. The key has no zeros: servers may leave out the work where all of it are, and clients in the field
 * don't give them the chance.
 */
export function clientFrame(payload: string | Buffer, opcode = typeof payload === "string" ? TEXT : BINARY): Buffer {
  const bytes = Buffer.from(payload as string);
  for (let at = 0; at < bytes.length; at++) bytes[at]! ^= KEY[at & 3]!;
  return Buffer.concat([header(opcode, bytes.length, 0x80), KEY, bytes]);
}

/** As servers send it. */
export function serverFrame(payload: string | Buffer, opcode = typeof payload === "string" ? TEXT : BINARY): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([header(opcode, bytes.length, 0), bytes]);
}

function header(opcode: number, length: number, maskBit: number): Buffer {
  return Buffer.from(
    length < 126 ? [0x80 | opcode, maskBit | length] : [0x80 | opcode, maskBit | 126, length >> 8, length & 255],
  );
}

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
