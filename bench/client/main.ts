import { cpu } from "../server/marks.ts";
import { connectSocketIo } from "./socket-io.ts";
import { connectWs } from "./ws.ts";
import { repeat, type ClientOrder } from "./work.ts";

/*
 * The client of a measurement, in a process of its own. Argument: its order, as JSON. Works once to warm up, then says the CPU time
 * that one message of the second time took, user and system, in microseconds.
 */
const order = JSON.parse(process.argv[2]!) as ClientOrder;
const connect = order.kind === "ws" ? connectWs(order) : connectSocketIo(order);
const work = await repeat(order, connect);
await work();
const before = cpu();
const messages = await work();
const after = cpu();
process.send!((after.userUs + after.systemUs - before.userUs - before.systemUs) / messages);
process.disconnect();
// What connections have left behind, such as agents, is not to hold the process.
process.exit();
