import type { Server as HttpServer, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import type { Engine, EngineClass, EngineRequest, MiddlewareResponse } from "../../../conformance/engine/engine.ts";
import type { Data, Middleware, Setting } from "./program.ts";

/** An engine as a setting says, which serves an HTTP server. */
export function engineOf(Server: EngineClass, setting: Setting, http: HttpServer): Engine {
  const { initialPacket } = setting;
  const engine = new Server({
    ...setting.options,
    ...(initialPacket !== undefined && { initialPacket: real(initialPacket) }),
    ...(setting.isByWs && { wsEngine: WebSocketServer }),
    ...corsOf(setting),
    ...allowRequestOf(setting),
  });
  makeIds(engine, setting);
  for (const middleware of setting.middlewares) engine.use(MIDDLEWARES[middleware]);
  if (setting.byHand) {
    http.removeAllListeners("request");
    http.on("request", (req, res) => engine.handleRequest(req, res));
    http.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket, head));
  } else {
    serveElsewhere(http, setting);
    engine.attach(http, setting.attach);
  }
  return engine;
}

export function real(data: Data): unknown {
  if (typeof data === "string") return data;
  const bytes = Buffer.alloc(data.bytes, COUNT);
  if (data.as === "Buffer") return bytes;
  const view = new Uint8Array(bytes);
  return data.as === "Uint8Array" ? view : view.buffer;
}

const COUNT = Buffer.from(Array.from({ length: 256 }, (_none, at) => (at + 1) % 256));

function corsOf({ cors: kind }: Setting): object {
  type Callback = (error: Error | null, value?: unknown) => void;
  switch (kind) {
    case "plain":
      return {};
    case "function of origin":
      return {
        cors: {
          origin: (origin: string | undefined, done: Callback) => done(null, origin === "http://a"),
          credentials: true,
        },
      };
    case "function":
      return { cors: (req: EngineRequest, done: Callback) => done(null, { origin: req.headers.origin ?? "*" }) };
    case "function that fails":
      return { cors: (_req: EngineRequest, done: Callback) => done(new Error("no cors")) };
  }
}

function allowRequestOf({ allowRequest: kind }: Setting): object {
  if (kind === "none") return {};
  type Answer = (message: string | null | undefined, success: boolean) => void;
  const allowRequest = (_req: unknown, answer: Answer): void => {
    const isAllowed = kind === "yes" || kind === "later";
    const say = (): void => answer(kind === "no text" ? "go away" : null, isAllowed);
    if (kind.endsWith("later")) setImmediate(say);
    else say();
  };
  return { allowRequest };
}

function makeIds(engine: Engine, { generateId }: Setting): void {
  let ids = 0;
  // One that is in use is refused here. All of a length, since here one more is asked for where the WebSocket is refused.
  const idOf = ({ _query: { who } }: EngineRequest): string => `own-${who}-${100 + ids++}`;
  const makers: Record<string, (req: EngineRequest) => unknown> = {
    text: idOf,
    promise: (req) => Promise.resolve(idOf(req)),
    rejects: () => Promise.reject(new Error("no id")),
    throws: () => {
      throw new Error("no id");
    },
  };
  if (generateId !== "none") engine.generateId = makers[generateId] as Engine["generateId"];
}

type Run = (req: EngineRequest, res: MiddlewareResponse, next: (error?: unknown) => void) => unknown;

const MIDDLEWARES: Readonly<Record<Middleware, Run>> = {
  passes: (_req, _res, next) => next(),
  header: (_req, res, next) => {
    res.setHeader("x-own", res.getHeader("x-own") === undefined ? "1" : "2");
    next();
  },
  refuses: (_req, _res, next) => next(new Error("no")),
  answers: (_req, res) => {
    res.writeHead(503);
    res.end("busy");
  },
  later: (_req, _res, next) => void setImmediate(next),
  throws: () => {
    throw new Error("thrown");
  },
  rejects: () => Promise.reject(new Error("rejected")),
  asynchronous: async (_req, _res, next) => {
    await Promise.resolve();
    next();
  },
  twice: (_req, _res, next) => {
    next();
    next();
  },
};

const ANSWER = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nelsewhere";

/** Sooner than an engine ends such connections. */
const LATER_MS = 20;

function serveElsewhere(http: HttpServer, { elsewhere }: Setting): void {
  if (elsewhere === "nothing") return;
  http.on("upgrade", (req, socket) => {
    if (!req.url!.startsWith("/elsewhere")) return;
    const answer = (): void => void socket.write(ANSWER);
    if (elsewhere === "answers") answer();
    else setTimeout(answer, LATER_MS);
  });
}

/** Calls back before a request is answered with 413. */
export function onceTooLarge(http: HttpServer, tell: (who: string) => void): void {
  http.prependListener("request", (req, res: ServerResponse) => {
    const { writeHead } = res;
    res.writeHead = (status: number, ...rest: []) => {
      if (status === 413) tell(new URL(req.url!, "http://x").searchParams.get("who") ?? "");
      return writeHead.call(res, status, ...rest);
    };
  });
}

/** docs/differences.md: WebSockets that are refused for their version or since there is no id learn of it before the 101. */
export function isRefusedLate(
  { generateId, options: { allowEIO3 } }: Setting,
  revision: 3 | 4,
  transports: readonly string[],
): boolean {
  const isRefused = generateId === "throws" || generateId === "rejects" || (revision === 3 && allowEIO3 !== true);
  return isRefused && transports.includes("websocket");
}
