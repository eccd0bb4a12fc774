/** Serves the echo. Prints its port, and ends when its standard input does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "engine.io";
import { SERVER_OPTIONS, serveEcho } from "./scenario.mts";

const http = createServer();
const engine = new Server(SERVER_OPTIONS);
engine.attach(http);
serveEcho(engine);
http.listen(0, "127.0.0.1", () => console.log((http.address() as AddressInfo).port));
process.stdin.resume().on("end", () => process.exit());
