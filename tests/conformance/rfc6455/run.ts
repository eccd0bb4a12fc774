import type { TestContext } from "node:test";
import { BytePeer, echo, serveEndpoints, type Accept, type Binding } from "../../support/websocket-bindings.ts";
import type { Case } from "./case.ts";

/** Servers that send every message back, one for each limit, made when first needed. */
export class EchoServers {
  readonly #t: Pick<TestContext, "after">;
  readonly #binding: Binding | Accept;
  readonly #ports = new Map<number, Promise<number>>();

  constructor(t: Pick<TestContext, "after">, binding: Binding | Accept) {
    this.#t = t;
    this.#binding = binding;
  }

  /** What a server answers in one case. */
  async answers({ frames, delivery, maxBytes }: Case): Promise<readonly string[]> {
    const port = await this.port(maxBytes);
    const all = Buffer.concat(frames);
    if (delivery === "at once") return new BytePeer(port, all).ended();
    const peer = await new BytePeer(port).opened();
    const parts = delivery === "frames" ? frames : [...all].map((byte) => Buffer.from([byte]));
    for (const part of parts) {
      peer.send(part);
      // Lets it leave alone.
      await new Promise(setImmediate);
    }
    return peer.ended();
  }

  /** Of the server with this limit. */
  port(maxBytes: number): Promise<number> {
    let port = this.#ports.get(maxBytes);
    if (port === undefined) {
      port = serveEndpoints(this.#t, this.#binding, maxBytes, echo).then((server) => server.port);
      this.#ports.set(maxBytes, port);
    }
    return port;
  }
}
