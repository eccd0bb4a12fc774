import assert from "node:assert/strict";
import { type Behaviours, directions, type Stage } from "../stage.js";

export const payloads: Behaviours = {
  "900 kB of text pass in both directions": async (stage) => {
    await passesBothWays(stage, "0123456789".repeat(90_000));
  },

  "900 kB of characters of several bytes pass": async (stage) => {
    await passesBothWays(stage, "é€😀".repeat(100_000));
  },

  "a message above maxHttpBufferSize ends the connection": async (stage) => {
    const io = await stage.serve({ maxHttpBufferSize: 10_000 });
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    server.on("big", () => assert.fail("the server delivered it"));
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    // Not by `emit`, since our client refuses what the server would not take.
    client.io.engine.write(`2["big","${"x".repeat(20_000)}"]`);
    const [reason] = await lost;
    // Polling: the POST is answered 413. WebSocket: close frame 1009.
    assert.equal(reason, stage.transport === "polling" ? "transport error" : "transport close");
    if (stage.transport !== "polling") assert.equal((await gone)[0], "transport error");
  },

  "a message of exactly maxHttpBufferSize passes": async (stage) => {
    const io = await stage.serve({ maxHttpBufferSize: 10_000 });
    const { client, server } = await stage.pair(io);
    const arrival = stage.event<[string]>(server, "big");
    // 42["big","…"] is 12 characters besides the text.
    client.emit("big", "x".repeat(10_000 - 12));
    assert.equal((await arrival)[0].length, 10_000 - 12);
  },

  "many messages that exceed maxHttpBufferSize only together pass": async (stage) => {
    const io = await stage.serve({ maxHttpBufferSize: 1000 });
    const { client, server } = await stage.pair(io);
    const arrivals = stage.events(server, "part", 30);
    for (let n = 0; n < 30; n++) client.emit("part", n, "é".repeat(150));
    assert.deepEqual(
      (await arrivals).map(([n]) => n),
      Array.from({ length: 30 }, (_, n) => n),
    );
    assert.equal(client.connected, true);
  },

  "the server's own messages are not bound by maxHttpBufferSize": async (stage) => {
    const io = await stage.serve({ maxHttpBufferSize: 1000 });
    const { client, server } = await stage.pair(io);
    const arrival = stage.event<[string]>(client, "big");
    server.emit("big", "y".repeat(50_000));
    assert.equal((await arrival)[0].length, 50_000);
  },

  "an argument list of a thousand entries and deep nesting pass": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const list = Array.from({ length: 1000 }, (_, n) => n);
    let deep: unknown = "bottom";
    for (let level = 0; level < 200; level++) deep = level % 2 ? [deep] : { deep };
    const up = stage.event(server, "many");
    client.emit("many", ...list, deep);
    assert.deepEqual(await up, [...list, deep]);
    const down = stage.event(client, "many");
    server.emit("many", ...list, deep);
    assert.deepEqual(await down, [...list, deep]);
  },
};

async function passesBothWays(stage: Stage, text: string): Promise<void> {
  const { client, server } = await stage.pair(await stage.serve());
  for (const [from, to] of directions(client, server)) {
    const arrival = stage.event(to, "big");
    from.emit("big", text);
    assert.equal((await arrival)[0] === text, true);
  }
}
