import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";

/** What a Manager tells, by the guide's table. */
const OF_MANAGER = [
  ...["open", "error", "close", "ping", "packet"],
  ...["reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"],
];

/** What a Socket tells. */
const OF_SOCKET = ["connect", "connect_error", "disconnect"];

/** Names of 2.x that are gone. */
const OF_2 = ["connecting", "reconnecting", "connect_timeout", "connect_failed", "pong", "upgrade", "disconnecting"];

/** Which events there are (the guide, "The Socket instance will no longer forward the events emitted by its Manager"). */
export const events: Behaviours = {
  "in a life of heartbeats, losses and failures a Socket tells its three events, a Manager its nine, and no other":
    async (stage) => {
      const io = await stage.serve();
      const proxy = await stage.proxy();
      const client = stage.client("/", { reconnection: true, reconnectionAttempts: 2 });
      const names = [...OF_MANAGER, ...OF_SOCKET, ...OF_2];
      const bySocket = stage.log(client, names);
      const byManager = stage.log(client.io, names);
      await stage.event(client, "connect");
      const heard = stage.event(client, "a");
      stage.half(io, client).emit("a");
      await heard;
      await stage.whileTimePasses(stage.event(client.io, "ping"), 1000);
      const back = stage.event(client.io, "reconnect");
      proxy.cut();
      await stage.whileTimePasses(back);
      await stage.until(() => client.connected);
      const failed = stage.event(client.io, "reconnect_failed");
      proxy.refuse();
      await stage.whileTimePasses(failed);
      await stage.quiet();
      const told = (log: unknown[][]): unknown[] => [...new Set(log.map(([name]) => String(name)))].sort();
      assert.deepEqual(told(bySocket), [...OF_SOCKET].sort());
      assert.deepEqual(told(byManager), [...OF_MANAGER].sort());
    },
};
