import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkImports } from "./check-imports.ts";
import { checkRows } from "./check-rows.ts";
import { checkSizes } from "./check-sizes.ts";
import { root } from "./setup.mjs";

/** A named step of `npm run check`, counted as a test. */
export interface Check {
  readonly name: "format" | "lint" | "types" | "imports" | "sizes" | "rows";
  run(): CheckOutcome | Promise<CheckOutcome>;
}

export interface CheckOutcome {
  readonly ok: boolean;
  /** For people: what is wrong, or numbers worth a look. */
  readonly output: string;
}

/** These need no test results. */
export const checks: readonly Check[] = [
  { name: "format", run: () => program("node_modules/oxfmt/bin/oxfmt", ["--check", "."]) },
  { name: "lint", run: () => program("node_modules/oxlint/bin/oxlint", ["--type-aware", "--deny-warnings", "."]) },
  // The packages are checked when they are built; this is everything else: tests, tools, the demo.
  { name: "types", run: () => program("node_modules/typescript/bin/tsc", ["-p", "tsconfig.json"]) },
  { name: "imports", run: checkImports },
  { name: "sizes", run: checkSizes },
];

/** Reads the results of the last complete run of the tests. */
export const rowsCheck: Check = { name: "rows", run: checkRows };

function program(file: string, args: readonly string[]): CheckOutcome {
  const { FORCE_COLOR: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...env, NO_COLOR: "1" },
  });
  const ok = run.status === 0;
  return { ok, output: ok ? "" : `${run.stdout}${run.stderr}${run.error?.message ?? ""}` };
}
