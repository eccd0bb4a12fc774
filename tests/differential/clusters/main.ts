import { runSeeds } from "../seeds.ts";
import { clusters } from "./subject.ts";

/* `npm run differential -- clusters …`: clusters of ours (`--maker mixed`: of both makes) and of upstream's. */
process.exit((await runSeeds(clusters, process.argv.slice(2))) === 0 ? 0 : 1);
