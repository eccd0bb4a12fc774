import { build, installPackages, requireNode, runTypeScript } from "./setup.mjs";

/*
 * `npm run check`: format, lint, types, import directions, bundle sizes, the tests and rows.json.
 * `npm run check -- lint types`: only these steps.
 */
requireNode();
installPackages();
installPackages("peers");
build();
const steps = process.argv.slice(2);
process.exit(runTypeScript("tools/run-tests.ts", steps.length === 0 ? [] : ["--checks", ...steps]));
