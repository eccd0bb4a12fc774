import { ClusterAdapterWithHeartbeat } from "socket.io-adapter";

/* oxlint-disable typescript/no-explicit-any -- messages of any kind */

/** Processes of one machine, and what they have said. */
export class Processes {
  readonly sent: any[] = [];
  readonly #adapters = new Set<ProcessAdapter>();

  join(adapter: ProcessAdapter): void {
    this.#adapters.add(adapter);
  }

  send(from: ProcessAdapter, message: any): void {
    this.sent.push(message);
    setImmediate(() => {
      for (const adapter of this.#adapters) if (adapter !== from) adapter.hear(message);
    });
  }
}

/** An adapter as one for node:cluster would be: messages are marked, answers say whom they are for (protocols.md 6.6). */
export class ProcessAdapter extends ClusterAdapterWithHeartbeat {
  readonly #processes: Processes;

  constructor(nsp: any, processes: Processes) {
    super(nsp, {});
    this.#processes = processes;
    processes.join(this);
    void this.init();
  }

  hear(message: any): void {
    if (message.requesterUid === undefined) this.onMessage(message);
    else if (message.requesterUid === this.uid) this.onResponse(message);
  }

  protected doPublish(message: any): Promise<string> {
    this.#processes.send(this, { ...message, source: "_sio_adapter" });
    return Promise.resolve("");
  }

  protected doPublishResponse(requesterUid: string, response: any): Promise<void> {
    this.#processes.send(this, { ...response, source: "_sio_adapter", requesterUid });
    return Promise.resolve();
  }
}
