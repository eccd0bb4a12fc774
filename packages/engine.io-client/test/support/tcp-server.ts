import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { listening } from "../../../../tests/support/listening.ts";

/** A server below HTTP, until the test is over. What it answers to the first bytes of a connection; by default nothing, ever. */
export async function tcpServer(t: TestContext, answer: (connection: Socket) => unknown = () => {}): Promise<string> {
  const server = createServer((connection) => {
    connection.on("error", () => {});
    t.after(() => connection.destroy());
    connection.once("data", () => answer(connection));
  });
  return `http://127.0.0.1:${await listening(t, server)}`;
}
