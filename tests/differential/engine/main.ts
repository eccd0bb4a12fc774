import { runSeeds } from "../seeds.ts";
import { client } from "./client/subject.ts";
import { server } from "./server/subject.ts";

/* `npm run differential -- engine [client] …`: our engine.io and upstream's, or the clients of the two. */
const [role, ...rest] = process.argv.slice(2);
const found = role === "client" ? await runSeeds(client, rest) : await runSeeds(server, process.argv.slice(2));
process.exit(found === 0 ? 0 : 1);
