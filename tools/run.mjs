import { build, installPackages, requireNode, runTypeScript } from "./setup.mjs";

/*
 * Runs one of our programs over what is built: `node tools/run.mjs tests/fuzz/main.ts --seconds 60`.
 */
requireNode();
installPackages();
installPackages("peers");
build();
const [program, ...args] = process.argv.slice(2);
process.exit(runTypeScript(program ?? "", args));
