import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The paths of all files in a folder and the folders in it; none if there is no such folder. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
