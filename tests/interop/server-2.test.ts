import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { loadClient, loadServer, serverPackages } from "./implementations.js";
import { Stage, type TransportMode } from "./stage.js";

// A client of today and a server of Socket.IO 2 do not understand each other (guide: "a v3 client is still not able to
// connect to a v2 server"). What matters is that the client says so (protocols.md 8.13, 8.14).

const TELLING =
  "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible " +
  "(more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

const MESSAGES: Readonly<Record<TransportMode, string>> = {
  websocket: TELLING,
  // Lengths before the packets: not even the open packet can be read.
  polling: "server error",
  upgrade: "server error",
};

test("the server is 2.5.1", () => {
  loadServer("upstream 2.5.1");
  const [server, engine] = serverPackages("upstream 2.5.1");
  assert.deepEqual([server?.version, engine?.version], ["2.5.1", "3.6.2"]);
});

for (const maker of ["ours", "upstream"] as const) {
  describe(`a client of ${maker} at a server of Socket.IO 2`, () => {
    for (const [transport, message] of Object.entries(MESSAGES) as [TransportMode, string][]) {
      test(`is not connected over ${transport}, and says why`, async () => {
        const cell = { server: loadServer("upstream 2.5.1"), client: loadClient(maker), transport };
        await Stage.run(cell, async (stage) => {
          await stage.serve();
          const client = stage.client();
          client.on("connect", () => assert.fail("connected"));
          const [error] = await stage.event<[Error]>(client, "connect_error");
          assert.ok(error instanceof Error);
          assert.equal(error.message, message);
          assert.deepEqual([client.connected, client.active], [false, true]);
        });
      });
    }
  });
}
