import { createServer } from "node:http";
import type { Stage } from "../../interop/stage.js";
import { portOf } from "../../support/listening.ts";

/** A site of its own origin, with one empty page. */
export async function blankSite(stage: Stage): Promise<{ url: string }> {
  const http = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
  // It doesn't keep a failed test's process alive.
  http.listen(0, "127.0.0.1").unref();
  http.on("connection", (socket) => socket.unref());
  await stage.event(http, "listening");
  return { url: `http://127.0.0.1:${portOf(http)}/` };
}
