import { runSeeds } from "../seeds.ts";
import { client } from "./subject.ts";

/* `npm run differential -- client …`: our client and upstream's. */
process.exit((await runSeeds(client, process.argv.slice(2))) === 0 ? 0 : 1);
