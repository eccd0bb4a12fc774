import { createServer } from "node:http";
import { Server } from "socket.io";

/*
 * One of two servers behind a proxy. Arguments: its port and its name, which it tells whoever asks. Says which server it runs
 * once it listens. JavaScript, since it starts a dozen times.
 */
const [port, name] = process.argv.slice(2);
const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => socket.on("who", (bytes, answer) => answer(name, bytes)));
http.listen(Number(port), "127.0.0.1", () => process.send({ runs: import.meta.resolve("socket.io") }));
process.on("disconnect", () => process.exit());
