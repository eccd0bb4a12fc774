import { build, installPackages, requireNode, runTypeScript } from "./setup.mjs";

/*
 * `npm run release:dry`: what a release would contain, and whether it may. Publishes nothing.
 */
requireNode();
installPackages();
build();
process.exit(runTypeScript("tools/release-dry.ts"));
