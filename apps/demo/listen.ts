/** Finds a port to listen on. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on exactly `port` (0: any), or on the first free one from 3000 up if none is asked for. */
export async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
  if (port !== undefined) return listenOn(server, host, port);
  for (let candidate = 3000; candidate < 3100; candidate++) {
    try {
      return await listenOn(server, host, candidate);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  throw new Error("every port from 3000 to 3099 is taken; choose one by the environment variable PORT");
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, "listening"); // rejects when the server emits "error" instead
  return (server.address() as AddressInfo).port;
}
