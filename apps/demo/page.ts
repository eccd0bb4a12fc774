/** Serves the files of the page: an exact table, so no path can lead anywhere else. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

const FILES = new Map([
  ["/", { file: "index.html", type: "text/html" }],
  ["/style.css", { file: "style.css", type: "text/css" }],
  ["/chat.js", { file: "chat.js", type: "text/javascript" }],
  ["/view.js", { file: "view.js", type: "text/javascript" }],
  ["/rules.js", { file: "rules.js", type: "text/javascript" }],
  ["/icon.svg", { file: "icon.svg", type: "image/svg+xml" }],
]);

/** Nothing inline and nothing from elsewhere: even a mistake of ours could not run a stranger's script. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Read from disk each time: whoever edits the page only has to reload it.
  "cache-control": "no-cache",
};

export async function servePage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const entry = FILES.get((request.url ?? "").replace(/\?.*$/s, ""));
  if (entry === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(404, { "content-type": "text/plain" }).end("Nothing here. The chat is at /\n");
    return;
  }
  const body = await readFile(new URL(`public/${entry.file}`, import.meta.url));
  response.writeHead(200, { ...HEADERS, "content-type": `${entry.type}; charset=utf-8` });
  response.end(request.method === "HEAD" ? undefined : body);
}
