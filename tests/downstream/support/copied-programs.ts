import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const copies = new Map<string, string>();

/** A copy of a folder of programs, which find their packages where they lie. Test files run side by side: each has its own. */
export function copiedPrograms(folder: string, home: string): string {
  let copy = copies.get(folder);
  if (copy === undefined) {
    const made = mkdtempSync(join(home, "programs-"));
    cpSync(folder, made, { recursive: true });
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    copies.set(folder, made);
    copy = made;
  }
  return copy;
}
