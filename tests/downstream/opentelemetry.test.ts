import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { versionOf } from "./support/installation.ts";
import { SERVER, startProgram } from "./support/program.ts";

interface Span {
  name: string;
  kind: string;
  attributes: Record<string, unknown>;
  status: number;
  events: string[];
}

/** The status of a span that ended in an error. */
const ERROR = 2;

const told = (namespace: string, rooms?: string[]): Record<string, unknown> => ({
  "messaging.system": "socket.io",
  "messaging.destination_kind": "topic",
  "messaging.socket.io.event_name": "told",
  ...(rooms && { "messaging.socket.io.rooms": rooms }),
  "messaging.socket.io.namespace": namespace,
  "messaging.destination": namespace,
});

for (const how of ["require", "import"]) {
  describe(`OpenTelemetry over our server, loaded by ${how}`, () => {
    for (const maker of MAKERS) {
      test(`each way to emit is a span, what is received is one around its listener (client: ${maker})`, async (t) => {
        const { program, url } = await traced(t, how);
        const socket = clientOf(maker).connect(t, url);
        await next(socket, "connect");
        const { id } = socket;
        const spanOf = async (kind: string): Promise<unknown> => {
          const spans = await program.ask<Span[]>("emit", kind);
          return spans.map(({ name, kind, attributes, status }) => ({ name, kind, attributes, status }));
        };
        const producer = (namespace: string, rooms?: string[]): unknown[] => [
          { name: `send ${namespace}`, kind: "PRODUCER", attributes: told(namespace, rooms), status: 0 },
        ];
        const arrived = next(socket, "told");
        assert.deepEqual(await spanOf("socket"), producer("/", [id!, "a room"]));
        assert.deepEqual(await arrived, [1]);
        assert.deepEqual(await spanOf("room"), producer("/", ["a room"]));
        assert.deepEqual(await spanOf("all"), producer("/"));
        assert.deepEqual(await spanOf("namespace"), producer("/chat"));
        assert.deepEqual(await spanOf("broadcast"), producer("/"));
        assert.deepEqual(await program.ask("versions"), [versionOf("socket.io")]);

        await program.ask("reset");
        const inside = next(socket, "inside");
        assert.equal(await socket.emitWithAck("question", 1), 2);
        assert.deepEqual(await inside, ["receive /"]);
        const received = (await program.ask<Span[]>("spans")).find(({ kind }) => kind === "CONSUMER");
        assert.equal(received?.name, "receive /");
        assert.equal(received.attributes["messaging.socket.io.event_name"], "question");

        await program.ask("reset");
        await socket.emitWithAck("later");
        const [failed] = await program.ask<Span[]>("spans");
        assert.deepEqual([failed?.status, failed?.events], [ERROR, ["exception"]]);

        assert.deepEqual(await program.ask("disable"), [], "its end ends the tracing");
      });
    }
  });
}

async function traced(t: TestContext, how: string) {
  const program = await startProgram<{ port: number }>(t, "opentelemetry.mjs", SERVER, { HOW: how });
  return { program, url: `http://127.0.0.1:${program.facts.port}` };
}
