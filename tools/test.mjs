import { TOOL_NAMES } from "./find-tool.mjs";
import { provideRuntimes, RUNTIME_NAMES } from "./runtimes.mjs";
import { build, installPackages, provideDownstream, provideTools, requireNode, runTypeScript } from "./setup.mjs";

/*
 * `npm test`: everything, but other runtimes and what takes long only with CI=true. `npm run test:all`: these too.
 * `npm test -- path…`: only these test files or folders, without the checks.
 */
requireNode();
const args = process.argv.slice(2);
const all = args.includes("--all") || process.env["CI"] === "true";
const paths = args.filter((arg) => arg !== "--all");
installPackages();
installPackages("peers");
provideTools(TOOL_NAMES);
provideRuntimes(all ? RUNTIME_NAMES : []);
process.env["TEST_ALL"] = all ? "yes" : "no";
build();
provideDownstream(paths);
process.exit(runTypeScript("tools/run-tests.ts", paths));
