import type { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The public members of an engine that behaviours use, the same for all makers. */
export interface Engine extends EventEmitter {
  readonly opts: EngineOptions;
  readonly clients: Record<string, EngineSocket>;
  readonly clientsCount: number;
  generateId(req: unknown): unknown;
  attach(server: HttpServer, options?: object): void;
  handleRequest(req: IncomingMessage, res: ServerResponse): void;
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  onWebTransportSession(session: unknown): Promise<void>;
  use(middleware: (req: EngineRequest, res: MiddlewareResponse, next: (error?: unknown) => void) => unknown): void;
  close(): unknown;
}

export interface EngineOptions {
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly upgradeTimeout: number;
  readonly maxHttpBufferSize: number;
  readonly transports: readonly string[];
  readonly allowUpgrades: boolean;
  readonly httpCompression?: unknown;
  readonly perMessageDeflate?: unknown;
  readonly cookie?: unknown;
  readonly cors?: unknown;
  readonly allowEIO3?: boolean;
  readonly wsEngine?: unknown;
  readonly allowRequest?: unknown;
  readonly initialPacket?: unknown;
}

export type EngineClass = new (options: object) => Engine;

export interface EngineRequest {
  readonly url?: string | undefined;
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly _query: Record<string, string>;
}

/** What middlewares get, for upgrades as well (row E-17). */
export interface MiddlewareResponse extends EventEmitter {
  setHeader(name: string, value: string): void;
  getHeader(name: string): unknown;
  removeHeader(name: string): void;
  writeHead(status: number): void;
  write(chunk: string): void;
  end(body?: string): void;
}

export interface EngineSocket extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  readonly request: EngineRequest;
  readonly remoteAddress: string;
  readonly readyState: string;
  readonly upgrading: boolean;
  readonly upgraded: boolean;
  readonly transport: EngineTransport;
  send(data: unknown, options?: object, callback?: (transport: unknown) => void): EngineSocket;
  write(data: unknown, options?: object, callback?: (transport: unknown) => void): EngineSocket;
  close(discard?: boolean): unknown;
}

export interface EngineTransport {
  readonly name: string;
  readonly sid: string;
  readonly writable: boolean;
  readonly protocol: number;
  readonly readyState: string;
  readonly supportsBinary: boolean;
  readonly discarded: boolean;
}
