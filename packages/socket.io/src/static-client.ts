import type { CorsOptions } from "cors";
import debugModule from "debug";
import { createReadStream } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { bundleOf, bundleTag, CACHE_CONTROL, isKnown, type Bundle } from "./bundles.js";

const debug = debugModule("socket.io:server");

interface HttpServerLike {
  listeners(event: "request"): unknown[];
  removeAllListeners(event: "request"): unknown;
  on(event: "request", listener: RequestListener): unknown;
}

/** Sets the headers of CORS, and answers preflights itself. */
export type CorsMiddleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** @param options those of the module `cors`, which is loaded for them; without any, requests of other origins are nothing special */
export function corsMiddleware(options: unknown): CorsMiddleware | undefined {
  if (!options) return undefined;
  const cors = require("cors") as typeof import("cors");
  return cors(options as CorsOptions);
}

/**
 * Serves the client bundles below a path. The request listeners that the server has (the engine's among them) are
 * called for all other requests.
 */
export function serveBundles(server: HttpServerLike, path: string, withCors: CorsMiddleware | undefined): void {
  const others = server.listeners("request").slice() as RequestListener[];
  const prefix = `${path}/`;
  server.removeAllListeners("request");
  server.on("request", (req, res) => {
    const bundle = bundleOf(req.url, prefix);
    if (bundle === undefined || !isReadOrPreflight(req, withCors !== undefined)) {
      for (const listener of others) listener.call(server, req, res);
    } else if (withCors === undefined) {
      serve(bundle, req, res);
    } else {
      withCors(req, res, () => serve(bundle, req, res));
    }
  });
}

function isReadOrPreflight(req: IncomingMessage, withCors: boolean): boolean {
  return req.method === "GET" || req.method === "HEAD" || (withCors && req.method === "OPTIONS");
}

function serve({ file, contentType }: Bundle, req: IncomingMessage, res: ServerResponse): void {
  if (isKnown(req.headers["if-none-match"])) {
    res.writeHead(304);
    res.end();
    return;
  }
  const source = createReadStream(file);
  source.once("error", (error) => {
    debug("cannot serve %s: %s", file, error.message);
    if (!res.headersSent) res.writeHead(404);
    res.end();
  });
  source.once("open", () => {
    res.setHeader("Cache-Control", CACHE_CONTROL);
    res.setHeader("Content-Type", contentType);
    res.setHeader("ETag", bundleTag());
    res.setHeader("Vary", varyWith(res.getHeader("Vary")));
    const encoding = chooseEncoding(req.headers["accept-encoding"]);
    const compress = encoding === undefined ? undefined : ENCODERS[encoding]();
    if (encoding !== undefined) res.setHeader("Content-Encoding", encoding);
    res.writeHead(200);
    const done = (error: NodeJS.ErrnoException | null): void => {
      if (error !== null && error !== undefined) debug("client went away during %s: %s", file, error.message);
    };
    if (req.method === "HEAD") {
      source.destroy();
      res.end();
    } else if (compress === undefined) {
      pipeline(source, res, done);
    } else {
      pipeline(source, compress, res, done);
    }
  });
}

type Encoding = "br" | "gzip" | "deflate";

const ENCODERS: Record<Encoding, () => Transform> = {
  br: () => zlib().createBrotliCompress(),
  gzip: () => zlib().createGzip(),
  deflate: () => zlib().createDeflate(),
};

/** Not before something is compressed. It is part of Node.js: no file that could be missing. */
function zlib(): typeof import("node:zlib") {
  return require("node:zlib") as typeof import("node:zlib");
}

/**
 * The encoding that the client likes best, of equals the one it names first; `*` stands for br. RFC 9110 section
 * 12.5.3.
 */
function chooseEncoding(header: string | string[] | undefined): Encoding | undefined {
  let best: Encoding | undefined;
  let bestWeight = 0;
  for (const item of String(header ?? "").split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const encoding = name === "*" ? "br" : name;
    const weight = weightOf(parameters);
    if (Object.hasOwn(ENCODERS, encoding) && weight > bestWeight) {
      best = encoding as Encoding;
      bestWeight = weight;
    } else if (name === "identity" && weight > bestWeight) {
      best = undefined;
      bestWeight = weight;
    }
  }
  return best;
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  if (q === undefined) return 1;
  const weight = Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}

function varyWith(value: number | string | string[] | undefined): string {
  return value === undefined ? "Accept-Encoding" : `${String(value)}, Accept-Encoding`;
}
