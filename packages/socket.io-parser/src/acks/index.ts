export { AckTable } from "./ack-table.js";
export type { AckFunction, ExpectOptions } from "./ack-table.js";
export { Deadlines } from "./deadlines.js";
export type { Deadline } from "./deadlines.js";
