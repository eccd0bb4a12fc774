import type { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, Server as HttpServer } from "node:http";

/** The public members of an engine that behaviours use, the same for all makers. */
export interface Engine extends EventEmitter {
  readonly opts: { pingInterval: number; pingTimeout: number; maxHttpBufferSize: number };
  readonly clients: Record<string, EngineSocket>;
  readonly clientsCount: number;
  generateId(req: unknown): unknown;
  attach(server: HttpServer, options?: object): void;
  use(middleware: (req: EngineRequest, res: MiddlewareResponse, next: (error?: unknown) => void) => unknown): void;
  close(): unknown;
}

export type EngineClass = new (options: object) => Engine;

export interface EngineRequest {
  readonly url?: string | undefined;
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly _query: Record<string, string>;
}

/** What middlewares get, for upgrades as well (row E-17). */
export interface MiddlewareResponse {
  setHeader(name: string, value: string): void;
  writeHead(status: number): void;
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
