import type { PackageAt } from "../makers.ts";

/** What a server process is told. */
export interface Setting {
  readonly kind: "socket.io" | "ws" | "net" | "net-cork" | "http";
  /** socket.io, or ws. */
  readonly package?: PackageAt;
  /** The path of uWebSockets.js, if that is what serves. */
  readonly uws?: string;
  /** In place of the usual parser. */
  readonly parser?: PackageAt;
  /** Beyond those of the constructor's defaults. */
  readonly options?: { readonly pingInterval?: number; readonly keepRequest?: boolean };
  readonly redis?: RedisSetting;
}

export interface RedisSetting {
  readonly port: number;
  readonly client: PackageAt;
  /** Missing: the floor. */
  readonly adapter?: PackageAt;
}
