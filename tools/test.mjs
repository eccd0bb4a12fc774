import { build, installPackages, provideTools, requireNode, runTypeScript } from "./setup.mjs";

/*
 * `npm test`: everything. `npm test -- path…`: only these test files or folders, without the checks.
 */
requireNode();
installPackages();
installPackages("peers");
provideTools(["chromium", "redis-server"]);
build();
process.exit(runTypeScript("tools/run-tests.ts", process.argv.slice(2)));
