import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, installPackages, requireNode, root } from "./setup.mjs";

/*
 * `npm start`: the chat of apps/demo, on a free port from 3000 up.
 */
requireNode();
installPackages();
build();
const demo = spawn(process.execPath, ["--import", "tsx", join(root, "apps/demo/main.ts"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
// The terminal sends Ctrl+C to both; a supervisor tells us alone. Either way the demo says goodbye first, then we end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => demo.kill("SIGTERM"));
demo.on("exit", (status) => process.exit(status ?? 0));
