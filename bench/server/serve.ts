import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Server as NetServer } from "node:net";
import type { UwsApp } from "engine.io";
import type { Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { serverFrame } from "../wire/frames.ts";
import { serveApplication } from "./application.ts";
import { DELIVERY } from "./floor-application.ts";
import { httpFloor } from "./http-floor.ts";
import { netFloor } from "./net-floor.ts";
import { joinFloors, redisAdapter } from "./redis.ts";
import { requireAt } from "./require-at.ts";
import type { Setting } from "./setting.ts";
import { wsFloor } from "./ws-floor.ts";

/** Starts what a setting asks for. @returns the port */
export async function serve(setting: Setting): Promise<number> {
  if (setting.kind === "socket.io") return serveSocketIo(setting);
  if (setting.kind === "ws") return listening(wsFloor(requireAt(setting.package!)));
  if (setting.kind === "http") return listening(httpFloor());
  const { server, application } = netFloor(setting.kind === "net-cork");
  if (setting.redis !== undefined) await joinFloors(setting.redis, application, serverFrame(DELIVERY));
  return listening(server);
}

async function serveSocketIo(setting: Setting): Promise<number> {
  const { Server: SocketIo } = requireAt<{ Server: typeof Server }>(setting.package!);
  const options = {
    ...setting.options,
    ...(setting.parser && { parser: requireAt<object>(setting.parser) }),
    ...(setting.redis && { adapter: (await redisAdapter(setting.redis)) as typeof Adapter }),
  };
  if (setting.uws !== undefined) return onUws(setting.uws, new SocketIo(options));
  const http: HttpServer = createServer();
  serveApplication(new SocketIo(http, options));
  return listening(http);
}

async function listening(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

interface UwsModule {
  App(): UwsApp & { listen(host: string, port: number, callback: (listener: object | false) => void): unknown };
  us_socket_local_port(listener: object): number;
}

function onUws(path: string, io: Server): Promise<number> {
  const uws = createRequire(import.meta.url)(path) as UwsModule;
  const app = uws.App();
  io.attachApp(app);
  serveApplication(io);
  return new Promise((resolve, reject) => {
    app.listen("127.0.0.1", 0, (listener) => {
      if (listener === false) return reject(new Error("the app could not listen"));
      resolve(uws.us_socket_local_port(listener));
    });
  });
}
