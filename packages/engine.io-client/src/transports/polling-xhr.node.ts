import * as http from "node:http";
import * as https from "node:https";
import { nodeOptions } from "./node-options.js";
import { type Answer, Polling } from "./polling.js";
import { MAX_PAYLOAD } from "./transport.js";

/**
 * How long a connection without a request is kept, in ms: less than the 5 s after which Node's servers close theirs, so that
 * no request is lost on a connection that just ends.
 */
const IDLE_MS = 4000;

/** Those that upstream follows; the others are failures. */
const REDIRECTS: readonly (number | undefined)[] = [302, 303, 307];
/** As many as `fetch` follows. */
const MAX_REDIRECTS = 20;
/** Secrets that are meant for one server alone. */
const CREDENTIALS = ["authorization", "cookie", "proxy-authorization"];

/** Polling by node:http and node:https. Public as NodeXHR, though no XMLHttpRequest is behind it. */
export class XHR extends Polling {
  /** Own connections, so that no other socket's options (a lenient certificate check) serve this one. */
  #agents: Record<string, http.Agent> = {};

  protected doRequest(
    uri: string,
    body: string | undefined,
    _headers: Record<string, string>,
    onAnswer: Answer,
  ): () => void {
    const own = new URL(uri);
    let outgoing: http.ClientRequest;
    let redirects = 0;
    const send = (target: URL, content: string | undefined): void => {
      const isOwnServer = target.host === own.host;
      outgoing = this.#request(target, content, isOwnServer);
      outgoing.on("error", (error) => {
        // What broke one connection may have broken those that are kept: a goodbye gets a new one.
        this.#agents = {};
        onAnswer(null, 0, { readyState: 4, status: 0, responseText: "", error });
      });
      outgoing.on("response", (incoming) => {
        const { statusCode: status, headers } = incoming;
        if (isOwnServer) this.socket._cookieJar?.store(headers["set-cookie"]);
        const { location } = headers;
        if (location === undefined || !REDIRECTS.includes(status) || redirects++ === MAX_REDIRECTS) {
          return this.#receive(incoming, onAnswer);
        }
        // Nobody wants its body, whatever becomes of it.
        incoming.on("error", () => {}).resume();
        try {
          send(new URL(location, target), status === 303 ? undefined : content);
        } catch (error) {
          // No URL, or not of HTTP.
          onAnswer(null, error);
        }
      });
      outgoing.end(content);
    };
    send(own, body);
    return () => outgoing.destroy();
  }

  #request(target: URL, body: string | undefined, isOwnServer: boolean): http.ClientRequest {
    const { opts } = this;
    const { maxPayload: _, headers, ...options } = nodeOptions(this);
    const { Agent, request } = target.protocol === "https:" ? https : http;
    const own = Object.entries(headers as Record<string, string>).filter(
      ([name]) => isOwnServer || !CREDENTIALS.includes(name.toLowerCase()),
    );
    const outgoing = request(target, {
      ...options,
      method: body === undefined ? "GET" : "POST",
      agent: options.agent ?? (this.#agents[target.protocol] ??= new Agent({ keepAlive: true, timeout: IDLE_MS })),
      headers: {
        "User-Agent": "node-XMLHttpRequest",
        Accept: "*/*",
        ...(body !== undefined && {
          "Content-type": "text/plain;charset=UTF-8",
          "Content-Length": Buffer.byteLength(body),
        }),
        ...Object.fromEntries(own),
      },
    });
    if (opts.autoUnref) outgoing.on("socket", (socket) => socket.unref());
    return outgoing;
  }

  #receive(incoming: http.IncomingMessage, onAnswer: Answer): void {
    const { maxPayload = MAX_PAYLOAD } = this.opts;
    const { statusCode: status = 0, statusMessage: statusText } = incoming;
    let responseText = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => {
      responseText += chunk;
      if (responseText.length > maxPayload) {
        incoming.destroy();
        onAnswer(null, new Error(`answer exceeds maxPayload (${maxPayload})`));
      }
    });
    const end = (error?: Error) => {
      if (status === 200 && error === undefined) onAnswer(responseText);
      else onAnswer(null, status === 200 ? error : status, { readyState: 4, status, statusText, responseText, error });
    };
    // An answer that breaks off is an error and has no end. `complete` says the same, but not in Deno 2.4.
    incoming.on("end", end);
    incoming.on("error", end);
  }
}
