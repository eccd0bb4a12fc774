import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "./setup.mjs";
import type { CheckOutcome } from "./checks.ts";

/** A browser file and what it may weigh after `gzip -9`. */
interface Budget {
  readonly file: string;
  /** More than this fails. A little above today's size: lower it when the file shrinks. */
  readonly maxBytes: number;
  /** Where the file shall be in the end. */
  readonly goalBytes?: number;
}

export const budgets: readonly Budget[] = [
  { file: "socket.io-client/dist/socket.io.esm.min.js", maxBytes: 10_890, goalBytes: 7_700 },
  { file: "socket.io-client/dist/socket.io.min.js", maxBytes: 10_740, goalBytes: 7_900 },
  { file: "socket.io-client/dist/socket.io.msgpack.min.js", maxBytes: 12_110, goalBytes: 10_000 },
  { file: "socket.io-client/dist/socket.io.websocket.esm.min.js", maxBytes: 8_990, goalBytes: 6_000 },
  { file: "engine.io-client/dist/engine.io.esm.min.js", maxBytes: 6_310 },
  { file: "engine.io-client/dist/engine.io.min.js", maxBytes: 6_140 },
];

export function checkSizes(): CheckOutcome {
  const lines = budgets.map(measure);
  return { ok: lines.every((line) => line.ok), output: lines.map((line) => line.text).join("\n") };
}

function measure({ file, maxBytes, goalBytes }: Budget): { ok: boolean; text: string } {
  const path = join(root, "packages", file);
  if (!existsSync(path)) return { ok: false, text: `  ${file}: not built` };
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  const goal = goalBytes === undefined ? "" : `, goal ${goalBytes}`;
  const verdict = bytes > maxBytes ? "  TOO LARGE" : "";
  return { ok: bytes <= maxBytes, text: `  ${file}: ${bytes} bytes gzip (budget ${maxBytes}${goal})${verdict}` };
}
