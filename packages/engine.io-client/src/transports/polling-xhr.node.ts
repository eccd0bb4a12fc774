import * as http from "node:http";
import * as https from "node:https";
import { nodeOptions } from "./node-options.js";
import { type Answer, Polling } from "./polling.js";

/**
 * How long a connection without a request is kept, in ms: less than the 5 s after which Node's servers close theirs, so that
 * no request is lost on a connection that just ends.
 */
const IDLE_MS = 4000;

/** Polling by node:http and node:https. Public as NodeXHR, though no XMLHttpRequest is behind it. */
export class XHR extends Polling {
  /** Own connections, so that no other socket's options (a lenient certificate check) serve this one. */
  #agent: http.Agent | undefined;

  protected doRequest(uri: string, body: string | undefined, onAnswer: Answer): () => void {
    const { opts } = this;
    const { maxPayload, headers, ...options } = nodeOptions(this);
    const { Agent, request } = opts.secure ? https : http;
    const outgoing = request(uri, {
      ...options,
      method: body === undefined ? "GET" : "POST",
      agent: options.agent ?? (this.#agent ??= new Agent({ keepAlive: true, timeout: IDLE_MS })),
      headers: {
        "User-Agent": "node-XMLHttpRequest",
        Accept: "*/*",
        ...(body !== undefined && {
          "Content-type": "text/plain;charset=UTF-8",
          "Content-Length": Buffer.byteLength(body),
        }),
        ...(headers as http.OutgoingHttpHeaders),
      },
    });
    outgoing.on("error", (error) => onAnswer(null, 0, { readyState: 4, status: 0, responseText: "", error }));
    if (opts.autoUnref) outgoing.on("socket", (socket) => socket.unref());
    outgoing.on("response", (incoming) => {
      const { statusCode: status = 0, statusMessage: statusText } = incoming;
      this.socket._cookieJar?.store(incoming.headers["set-cookie"]);
      let responseText = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        responseText += chunk;
        if (responseText.length > maxPayload) {
          outgoing.destroy();
          onAnswer(null, new Error(`answer exceeds maxPayload (${maxPayload})`));
        }
      });
      const end = (error?: Error) => {
        if (status === 200 && error === undefined) onAnswer(responseText);
        else
          onAnswer(null, status === 200 ? error : status, { readyState: 4, status, statusText, responseText, error });
      };
      incoming.on("end", end);
      incoming.on("error", end);
    });
    outgoing.end(body);
    return () => outgoing.destroy();
  }
}
