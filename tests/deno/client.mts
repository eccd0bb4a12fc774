import { io } from "socket.io-client";
import { converse } from "./converse.ts";

/* Our client in Deno, with Deno's own WebTransport. Prints what it saw, as JSON. */
const [port, hash, ...transports] = Deno.args;
const value = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));

const seen = await converse(io, `http://127.0.0.1:${port}`, transports, value);
console.log(JSON.stringify(seen));
