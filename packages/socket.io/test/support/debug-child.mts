/* One server that does a bit of everything, with its peers, in a process whose DEBUG the test has set. */
import { once } from "node:events";
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { Server as Engine } from "engine.io";
import { listen } from "../../../../tests/support/listening.ts";
import { RawPolling, RawWebSocket } from "../../../../tests/support/raw-peer.ts";
import { ScriptedApp } from "../../../../tests/support/scripted-uws.ts";
import { RawWebTransport } from "../../../../tests/support/memory-webtransport.ts";

const http = createServer();
const port = await listen(http);
const io = new Server(http);
io.of(/^\/dynamic/);
const gone = new Promise<void>((resolve) => {
  io.on("connection", (socket: Socket) => socket.on("disconnect", () => resolve()));
});

const polling = new RawPolling(port);
await polling.handshake();
await polling.post("40", "40/dynamic-1,", '42["secret question"]');
await polling.receive(2);
const upgrade = await new RawWebSocket(port, `&sid=${polling.sid}`).opened();
upgrade.send("2probe");
await upgrade.receive(1);
upgrade.send("5");
io.to("room").emit("secret news");
upgrade.close();
await gone;

const uws = new Server();
uws.attachApp(new ScriptedApp());

const engine = new Engine({ transports: ["webtransport"] });
const peer = new RawWebTransport();
const arrived = once(engine, "connection");
void engine.onWebTransportSession(peer.server);
await peer.open();
await peer.send({ type: "open" });
await arrived;
engine.close();
await io.close();
