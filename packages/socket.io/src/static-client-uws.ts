import debugModule from "debug";
import type { UwsApp } from "engine.io";
import { readFile } from "node:fs";
import { bundleOf, bundleTag, CACHE_CONTROL, isKnown } from "./bundles.js";

const debug = debugModule("socket.io:server");

/** Serves the client bundles below a path of an app of uWebSockets.js: for GET alone, and as they are. */
export function serveBundlesOn(app: UwsApp, path: string): void {
  app.get(`${path}/*`, (res, req) => {
    const bundle = bundleOf(req.getUrl(), `${path}/`);
    if (bundle === undefined) {
      // For other routes of the application.
      req.setYield(true);
      return;
    }
    if (isKnown(req.getHeader("if-none-match"))) {
      res.writeStatus("304 Not Modified");
      res.end();
      return;
    }
    let isGone = false;
    res.onAborted(() => (isGone = true));
    readFile(bundle.file, (error, content) => {
      if (isGone) return;
      res.cork(() => {
        if (error !== null) {
          debug("cannot serve %s: %s", bundle.file, error.message);
          res.writeStatus("404 Not Found");
          res.end();
          return;
        }
        res.writeStatus("200 OK");
        res.writeHeader("cache-control", CACHE_CONTROL);
        res.writeHeader("content-type", bundle.contentType);
        res.writeHeader("etag", bundleTag());
        res.end(content);
      });
    });
  });
}
