import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findTool } from "../../../tools/find-tool.mjs";
import { freePort } from "../../support/free-port.ts";

/** Why tests on PostgreSQL are skipped, or false. With CI=true a missing program ends the run before any test. */
export const withoutPostgres: string | false = findTool("postgres") === null ? "postgres is missing" : false;

/** A PostgreSQL of our own, on a free port of this machine, with a database and a user of the name postgres. */
export class PostgresServer {
  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "postgres-"));
    const port = await freePort();
    const server = new PostgresServer(port, folder);
    const owner = ownerOfServer();
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
    const data = join(folder, "db");
    server.#run("initdb", ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]);
    const options = `-p ${port} -h 127.0.0.1 -k ${folder} -F`;
    server.#run("pg_ctl", ["-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start"]);
    return server;
  }

  stop(): void {
    this.#run("pg_ctl", ["-D", join(this.folder, "db"), "-w", "-m", "immediate", "stop"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One of the programs beside the server. */
  #run(program: string, args: readonly string[]): void {
    const path = join(dirname(findTool("postgres")!), program);
    execFileSync(path, args, { ...ownerOfServer(), cwd: this.folder, stdio: ["ignore", "ignore", "inherit"] });
  }
}

/** PostgreSQL refuses to run as root: its package has made a user for it. */
function ownerOfServer(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}
