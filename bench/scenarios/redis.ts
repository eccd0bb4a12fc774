import { RedisServer } from "../../tests/support/redis.ts";
import { settingOf } from "../targets.ts";
import { startServer } from "./processes.ts";
import { shareOf, type Scenario } from "./scenario.ts";
import { measureLoad } from "./steady.ts";

/** Two servers on one Redis. The system's part is the same bytes in as many writes for all targets, and most of the sum. */
export const redisBroadcast: Scenario = {
  name: "redis-broadcast",
  does: "two servers on one Redis, 500 WebSocket clients each, one `io.emit` at a time; both servers together",
  metrics: {
    cpu: "µs CPU per delivery",
    user: "µs CPU per delivery, user alone",
    p50: "ms until delivered by the other server, median",
  },
  targets: ["ours", "upstream", "net"],
  async run(target, pace) {
    const redis = await RedisServer.start();
    const setting = settingOf(target, { redisPort: redis.port });
    const servers = [await startServer(setting, pace.flags), await startServer(setting, pace.flags)];
    const figures = await measureLoad(this.name, servers, shareOf(500, pace), pace, WARM_UP_DELIVERIES * pace.share);
    await redis.stop();
    return figures;
  },
};

/**
 * The machine of the reference had delivered so many after its 1.5 s. A busier one is given the time: else it is compared how fast
 * the code of both is compiled.
 */
const WARM_UP_DELIVERIES = 175_000;
