import assert from "node:assert/strict";
import { exchange, request } from "./peer.ts";
import { published } from "./victim.ts";

// Both fixed in 4.8.4, without an id.
published(
  "a regular expression that remembers where it was names no namespaces: every second client would be refused",
  ["socket.io 4.8.3"],
  () => ({}),
  async (victim) => {
    const refused = await victim.ask(({ io }) =>
      ["g", "y"].filter((flag) => {
        try {
          io.of(new RegExp("^/dyn-", flag));
          return false;
        } catch {
          return true;
        }
      }),
    );
    assert.deepEqual(refused, ["g", "y"]);
  },
);

published(
  "whatever file of the client is asked for, there is an answer",
  ["socket.io 4.8.3"],
  () => ({}),
  async (victim, t) => {
    for (const [file, status] of [
      ["socket.io.js", 200],
      ["socket.io.msgpack.min.js", 200],
      ["socket.io.msgpack.js", 400],
      ["socket.io.esm.js.map", 400],
      ["socketxio.js", 400],
      ["socket.io.js.mapx", 400],
      ["../package.json", 400],
      ["__proto__", 400],
    ] as const) {
      const answer = await exchange(
        t,
        victim.port,
        request("GET", `/socket.io/${file}`, null, "Connection: close\r\n"),
      );
      assert.equal(answer.slice(0, 12), `HTTP/1.1 ${status}`, file);
    }
  },
);
