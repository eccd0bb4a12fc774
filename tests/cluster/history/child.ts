import { LocalNode, type Command, type NodeOptions } from "./node.ts";

/* A node in a process of its own, to be killed. */

const options = JSON.parse(process.argv[2]!) as NodeOptions;
const node = await LocalNode.start(options, (event, about) => process.send!({ event, about }));
process.on("message", ({ id, command }: { id: number; command: Command }) => {
  node.perform(command).then(
    (result) => {
      process.send!({ id, result });
      if (command.do === "stop") process.disconnect();
    },
    (error: unknown) => process.send!({ id, error: String(error) }),
  );
});
process.send!({ port: node.port });
