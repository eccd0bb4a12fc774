import type { Adapter, BroadcastOptions } from "socket.io-adapter";
import type { ServerOptions, Socket } from "socket.io";

/** An adapter for which all sockets are those of other servers when they are fetched. */
export function remoteSockets({ Adapter: Base }: typeof import("socket.io-adapter")): ServerOptions["adapter"] {
  return class extends Base {
    override async fetchSockets(options: BroadcastOptions): ReturnType<Adapter["fetchSockets"]> {
      const sockets = (await super.fetchSockets(options)) as unknown as Socket[];
      return sockets.map(({ id, handshake, rooms, data }) => ({ id, handshake, rooms: [...rooms], data })) as never;
    }
  } as ServerOptions["adapter"];
}
