import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool, TOOLS, type ToolName } from "../../../tools/find-tool.mjs";
import { freePort } from "../free-port.ts";

export type ProxyName = keyof typeof PROXIES;

interface Kind {
  /** The configuration that the documentation shows, and in it the ports that it names. */
  readonly file: string;
  /** What is started, given the folder that holds `proxy.conf`. */
  args(folder: string): string[];
  /** The rest of a configuration, where the documented file is a part of one. */
  wrap?(configuration: string): string;
  /** What it prints once it listens. */
  readonly listens: string;
}

const PROXIES = {
  nginx: {
    file: "nginx.conf",
    args: (folder) => ["-p", folder, "-c", join(folder, "proxy.conf"), "-e", "stderr"],
    // Everything that an installation puts elsewhere stays in the folder, so that no rights are needed.
    wrap: (configuration) =>
      `daemon off; pid nginx.pid; error_log stderr notice; events {}
       http {
         access_log off;
         client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
         ${configuration}
       }`,
    listens: "start worker process ",
  },
  haproxy: {
    file: "haproxy.cfg",
    args: (folder) => ["-W", "-db", "-f", join(folder, "proxy.conf")],
    listens: "Loading success",
  },
} as const satisfies Record<string, Kind>;

export const PROXY_NAMES = Object.keys(PROXIES) as readonly ProxyName[];

/** Why the tests behind a proxy are skipped, or false. With CI=true a missing program ends the run before any test. */
export function withoutProxy(name: ProxyName): string | false {
  return findTool(name satisfies ToolName) === null ? `${name} is missing. ${TOOLS[name].howTo}` : false;
}

/** A real proxy with the configuration of the documentation, on other ports. */
export interface Proxy {
  readonly port: number;
  /** Its ports of the two servers, which need not listen yet. */
  readonly servers: readonly [a: number, b: number];
  /** What it has printed. */
  log(): string;
  stop(): Promise<void>;
}

/** @param file another configuration that the documentation shows */
export async function startProxy(name: ProxyName, file: string = PROXIES[name].file): Promise<Proxy> {
  const kind: Kind = PROXIES[name];
  const program = findTool(name);
  if (program === null) throw new Error(`${name} is missing`);
  const [port, a, b] = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const documented = readFileSync(new URL(file, import.meta.url), "utf8");
  const configuration = [
    ["8080", port],
    ["3001", a],
    ["3002", b],
  ].reduce((text, [from, to]) => text.replaceAll(`:${from}`, `:${to}`), documented);
  writeFileSync(join(folder, "proxy.conf"), kind.wrap?.(configuration) ?? configuration);

  const child = spawn(program, kind.args(folder), { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes(kind.listens)) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${log}`)));
  });
  return {
    port,
    servers: [a, b],
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
