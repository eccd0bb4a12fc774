// A server in its smallest form: it uses no module of Node.js itself, so it has no reason to name the types of Node.js.
import { Server } from "socket.io";

const io = new Server(0);
io.on("connection", (socket) => {
  socket.on("message", (text: string) => socket.broadcast.emit("message", text));
});
export const closed: Promise<void> = io.close();
