/** An application as React Native runs it: bundled by Metro, in a JavaScript engine without a page and without Node. */
import { request } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, Script } from "node:vm";
import { WebSocket } from "ws";
import type { Built } from "./bundlers.ts";
import { inInstallation, installation } from "./installation.ts";

/** As React Native's default configuration has Metro resolve and bundle, for production. */
export async function withMetro(folder: string, entry: string): Promise<Built> {
  interface Metro {
    loadConfig(argv: object, config: object): Promise<object>;
    runBuild(config: object, options: object): Promise<{ code: string }>;
  }
  const require = inInstallation();
  const metro = require("metro") as Metro;
  const modules: string[] = [];
  const config = await metro.loadConfig(
    { cwd: folder },
    {
      projectRoot: folder,
      watchFolders: [installation()],
      maxWorkers: 1,
      cacheStores: [],
      reporter: { update() {} },
      resolver: {
        unstable_conditionNames: ["react-native"],
        resolverMainFields: ["react-native", "browser", "main"],
        nodeModulesPaths: [join(installation(), "node_modules")],
        useWatchman: false,
      },
      // In place of React Native's preset for Babel, which turns `import` into calls of Metro's own.
      transformer: { getTransformOptions: () => ({ transform: { experimentalImportSupport: true } }) },
      serializer: {
        getPolyfills: () => [],
        processModuleFilter: ({ path }: { path: string }) => {
          modules.push(path);
          return true;
        },
      },
    },
  );
  const options = {
    entry: `${entry}.js`,
    platform: "ios",
    dev: false,
    minify: false,
    out: join(folder, `${entry}.metro.js`),
  };
  const { code } = await metro.runBuild(config, options);
  return { script: code, modules: modules.filter((path) => path.startsWith("/") || /^[A-Z]:/.test(path)) };
}

/** Where a script has run that defines `converse` as the applications do. */
export interface Phone {
  converse(url: string, transports: readonly string[], options?: object): Promise<object>;
  /** Options of a WebSocket that React Native would warn of. */
  readonly unknownOptions: readonly string[];
}

export function runOnPhone(script: string): Phone {
  const unknownOptions: string[] = [];
  const native = {
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
    console,
    atob,
    btoa,
    URLSearchParams,
    byteLength: (text: string) => Buffer.byteLength(text),
    noteUnknownOptions: (names: readonly string[]) => unknownOptions.push(...names),
    openWebSocket,
    request: sendRequest,
  };
  const context = createContext({});
  const path = new URL("react-native-globals.js", import.meta.url);
  const define = new Script(readFileSync(path, "utf8")).runInContext(context) as (bridge: typeof native) => void;
  define(native);
  new Script(script).runInContext(context);
  const run = new Script(
    `(args) => globalThis.converse(...JSON.parse(args)).then(JSON.stringify, (error) => Promise.reject(error.stack ?? error))`,
  ).runInContext(context) as (args: string) => Promise<string>;
  return {
    // As text: nothing of this side's realm is to stray into the other's.
    converse: async (...args) => JSON.parse(await run(JSON.stringify(args))) as object,
    unknownOptions,
  };
}

type SocketEvent = (type: "open" | "close" | "error" | "message", payload: object) => void;

function openWebSocket(
  url: string,
  protocols: string[] | undefined,
  headers: Record<string, string>,
  on: SocketEvent,
): object {
  const socket = new WebSocket(url, protocols, { headers });
  socket.on("open", () => on("open", {}));
  socket.on("message", (data: Buffer, isBinary) => {
    on("message", isBinary ? { base64: data.toString("base64") } : { text: data.toString() });
  });
  socket.on("error", ({ message }) => on("error", { message }));
  socket.on("close", (code, reason) => on("close", { code, reason: reason.toString() }));
  return {
    sendText: (text: string) => socket.send(text),
    sendBase64: (base64: string) => socket.send(Buffer.from(base64, "base64")),
    close: (code?: number, reason?: string) => socket.close(code, reason),
  };
}

interface PhoneRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

function sendRequest(
  { method, url, headers, body }: PhoneRequest,
  on: (status: number, text: string) => void,
): () => void {
  const outgoing = request(url, { method, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (text += chunk));
    response.on("end", () => on(response.statusCode!, text));
  });
  outgoing.on("error", () => on(0, ""));
  outgoing.end(body);
  return () => void outgoing.destroy();
}
