import { createRequire } from "node:module";
import { join } from "node:path";
import type { PackageAt } from "../makers.ts";
import { cpu } from "./marks.ts";
import { requireAt } from "./require-at.ts";

/* Says what CPU time, in ms, its process has taken once it has required a package. Argument: the package as JSON, or nothing. */
const wanted = process.argv[2] === undefined ? undefined : (JSON.parse(process.argv[2]) as PackageAt);
if (wanted !== undefined) createRequire(join(wanted.home, "package.json"))(wanted.name);
const { userUs, systemUs } = cpu();
// Only now, since looking at it takes time too.
if (wanted !== undefined) requireAt(wanted);
process.send!((userUs + systemUs) / 1000);
process.disconnect();
