// The options of a server, its adapter among them (rows T-15, T-16, T-33; the constructors of api-server.md 2).
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import { Namespace, Server, type ServerOptions } from "socket.io";
import { Adapter } from "socket.io-adapter";

class OwnAdapter extends Adapter {
  constructor(
    nsp: Namespace,
    readonly extra = 1,
  ) {
    super(nsp);
  }
}

// T-33
new Server({ adapter: Adapter });
new Server({ adapter: OwnAdapter });
new Server({ adapter: (nsp) => new Adapter(nsp) });
new Server({ adapter: (nsp: Namespace) => new OwnAdapter(nsp, 2) });
new Server({
  adapter: function (nsp) {
    typeOf(nsp).is<Namespace>();
    return new OwnAdapter(nsp);
  },
});
// @ts-expect-error a number is no adapter.
new Server({ adapter: () => 42 });
// @ts-expect-error nor is nothing.
new Server({ adapter: () => {} });
const io = new Server();
typeOf(io.adapter(Adapter)).is<typeof io>();
io.adapter(OwnAdapter);
io.adapter((nsp) => new Adapter(nsp));
// @ts-expect-error a number is no adapter.
io.adapter(() => 42);
typeOf(io.of("/").adapter).is<Adapter>();

// T-16
type AdapterOption = ServerOptions["adapter"];
same<AdapterOption, typeof Adapter | ((nsp: Namespace) => Adapter)>();
assignable<typeof Adapter, AdapterOption>();
assignable<(nsp: Namespace) => Adapter, AdapterOption>();
// @ts-expect-error a promise is no adapter.
assignable<(nsp: Namespace) => Promise<Adapter>, AdapterOption>();

// T-15: of our own options all are there, of the engine's some.
const options: Partial<ServerOptions> = { pingTimeout: 1, connectTimeout: 1, cors: { origin: "*" }, cookie: true };
type Required<Name extends keyof ServerOptions> = {} extends Pick<ServerOptions, Name> ? false : true;
same<Required<"path" | "serveClient" | "adapter" | "parser" | "connectTimeout">, true>();
same<Required<"cleanupEmptyChildNamespaces" | "connectionStateRecovery">, true>();
new Server({ connectionStateRecovery: {} });
new Server({ connectionStateRecovery: { maxDisconnectionDuration: 1, skipMiddlewares: true } });
// @ts-expect-error it is a time.
new Server({ connectionStateRecovery: { maxDisconnectionDuration: "1" } });
same<Required<"pingTimeout">, false>();
same<Required<"maxHttpBufferSize">, false>();
same<Required<"cors">, false>();
same<Required<"destroyUpgrade">, false>();
// @ts-expect-error it is in ms.
new Server({ connectTimeout: "1s" });
// @ts-expect-error there is no such option.
new Server({ conectTimeout: 1 });

// The constructors, and where else a server is given.
new Server();
new Server(options);
new Server(3000, options);
new Server(undefined, options);
new Server(http.createServer(), options);
new Server(https.createServer());
new Server(http2.createServer());
new Server(http2.createSecureServer(), options);
declare const either: http.Server | number | Partial<ServerOptions> | undefined;
new Server(either, options);
io.attach(http.createServer(), options);
io.listen(3000);
// @ts-expect-error it is no server.
new Server("localhost:3000");
// @ts-expect-error an application of express is none either.
new Server((_req: http.IncomingMessage, _res: http.ServerResponse) => {});
