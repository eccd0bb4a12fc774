import type { ClientOrder } from "../client/work.ts";
import { packageOf, sharedPackage } from "../makers.ts";
import { heard, startProgram } from "../programs.ts";
import { settingOf, type TargetName } from "../targets.ts";
import { end, startServer } from "./processes.ts";
import { shareOf, type Scenario } from "./scenario.ts";

/** Clients in Node. The server is upstream's for all targets, so that none is measured against its own. */
export function client(
  name: string,
  does: string,
  { work, transport, count }: Pick<ClientOrder, "work" | "transport" | "count">,
): Scenario {
  return {
    name,
    does,
    metrics: { cpu: "µs CPU of the client per message" },
    targets: transport === "polling" ? ["ours", "upstream"] : ["ours", "upstream", "ws"],
    async run(target, pace) {
      const server = await startServer(settingOf("upstream"), []);
      const order = {
        ...clientOf(target),
        port: server.port,
        work,
        transport,
        sockets: 50,
        count: shareOf(count, pace),
      };
      const cpu = await heard<number>(startProgram("client", [JSON.stringify(order)], pace.flags));
      await end(server.child);
      return { cpu };
    },
  };
}

function clientOf(target: TargetName): Pick<ClientOrder, "kind" | "package"> {
  if (target === "ws") return { kind: target, package: sharedPackage("ws") };
  return { kind: "socket.io", package: packageOf(target === "ours" ? "ours" : "upstream", "socket.io-client") };
}
