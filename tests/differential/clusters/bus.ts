import type { Namespace } from "socket.io";
import type { Adapter, ClusterMessage, ClusterResponse } from "socket.io-adapter";
import type { Parts } from "./makers.ts";

interface Ear {
  readonly id: string;
  readonly nsp: Namespace;
  hear(message: ClusterMessage | ClusterResponse): void;
}

/** Connects the servers of a process, over the base that both makers have for adapters of other people. */
export class Bus {
  readonly #ears = new Set<Ear>();

  /** What a server is given as its adapter. */
  adapter({ Bases }: Parts): (nsp: Namespace) => Adapter {
    const ears = this.#ears;
    class BusAdapter extends Bases.ClusterAdapterWithHeartbeat implements Ear {
      constructor(nsp: Namespace) {
        super(nsp, {});
      }

      get id(): string {
        return this.uid;
      }

      hear(message: ClusterMessage | ClusterResponse): void {
        this.onMessage(message);
      }

      override init(): void {
        ears.add(this);
        void super.init();
      }

      override close(): void {
        void super.close();
        ears.delete(this);
      }

      protected doPublish(message: ClusterMessage): Promise<string> {
        send(
          [...ears].filter(({ nsp }) => nsp.name === message.nsp),
          message,
        );
        return Promise.resolve("");
      }

      protected doPublishResponse(requester: string, response: ClusterResponse): Promise<void> {
        send(
          [...ears].filter(({ id }) => id === requester),
          response,
        );
        return Promise.resolve();
      }
    }
    // Not an arrow function: servers call it with `new`.
    return function (nsp) {
      return new BusAdapter(nsp);
    };
  }
}

/** What is sent at once arrives later, in the order in which it was sent, and is nobody else's. */
function send(ears: Iterable<Ear>, message: ClusterMessage | ClusterResponse): void {
  for (const ear of ears) {
    const copy = copied(message) as ClusterMessage;
    setImmediate(() => ear.hear(copy));
  }
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ArrayBuffer) return Buffer.from(value.slice(0));
  const { toJSON } = value as { toJSON?: () => unknown };
  if (typeof toJSON === "function") return copied(toJSON.call(value));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copied(member)]));
}
