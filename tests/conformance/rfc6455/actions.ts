import { isUtf8 } from "node:buffer";
import { MASK } from "../../support/raw-frames.ts";
import type { Case } from "./case.ts";

/** What a client asks its WebSocket library to do. */
export type Action =
  | { readonly kind: "message"; readonly isText: boolean; readonly payload: Buffer; readonly fin: boolean }
  | { readonly kind: "ping" | "pong"; readonly payload: Buffer }
  | { readonly kind: "close"; readonly code?: number; readonly reason: Buffer };

/** Fragments follow each other until one has `fin`; control frames may come between. */
export type Actions = readonly Action[];

/** What a client library would have to do to write the frames of a case; null if it would break the protocol, which none does. */
export function actionsOf({ frames, delivery }: Case): Actions | null {
  // Libraries write whole frames.
  if (delivery === "bytes") return null;
  const actions: Action[] = [];
  let isText: boolean | null = null;
  let bytes = Buffer.concat(frames);
  while (bytes.length > 0) {
    const parts = firstFrame(bytes);
    if (parts === null || actions.at(-1)?.kind === "close") return null;
    const { opcode, fin, payload, size } = parts;
    bytes = bytes.subarray(size);
    if (opcode <= 2) {
      if ((opcode === 0) !== (isText !== null)) return null;
      isText ??= opcode === 1;
      actions.push({ kind: "message", isText, payload, fin });
      if (fin) isText = null;
    } else {
      const action = controlAction(opcode, payload);
      if (!fin || action === null) return null;
      actions.push(action);
    }
  }
  return actions;
}

/** True for what the WebSocket of a browser can do: whole messages of valid text or bytes, and its own close codes. */
export function browserCan(actions: Actions): boolean {
  return actions.every((action) => {
    if (action.kind === "message") return action.fin && (!action.isText || isUtf8(action.payload));
    if (action.kind !== "close") return false;
    return action.code === undefined || action.code === 1000 || action.code >= 3000;
  });
}

function controlAction(opcode: number, payload: Buffer): Action | null {
  if (payload.length > 125) return null;
  if (opcode === 9 || opcode === 10) return { kind: opcode === 9 ? "ping" : "pong", payload };
  if (opcode !== 8 || payload.length === 1) return null;
  if (payload.length === 0) return { kind: "close", reason: payload };
  const code = payload.readUInt16BE(0);
  const reason = payload.subarray(2);
  return isSendable(code) && isUtf8(reason) ? { kind: "close", code, reason } : null;
}

/** RFC 6455, 7.4. */
function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

/** The first frame, if it is whole and of a form that libraries write. */
function firstFrame(bytes: Buffer): { opcode: number; fin: boolean; payload: Buffer; size: number } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const from = (short < 126 ? 2 : short === 126 ? 4 : 10) + 4;
  if (bytes.length < from || (first & 0x70) !== 0 || second < 0x80) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const shortest = length < 126 ? length : length < 65_536 ? 126 : 127;
  // Another mask than that of all cases is what its case is about; a library chooses its own.
  if (short !== shortest || bytes.length < from + length || !bytes.subarray(from - 4, from).equals(MASK)) return null;
  const payload = bytes.subarray(from, from + length).map((byte, at) => byte ^ MASK[at % 4]!);
  return { opcode: first & 0x0f, fin: first >= 0x80, payload: Buffer.from(payload), size: from + length };
}
