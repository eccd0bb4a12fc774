import type { IncomingHttpHeaders } from "node:http";
import type { UwsHttpRequest, UwsHttpResponse } from "../uws-types.js";
import { parseQuery, type EngineRequest, type Query } from "./request.js";

/**
 * A request that came in by uWebSockets.js, as the application sees it: copied, since the original is gone once its handler
 * returns. Only these members exist (section 1.7 of the API).
 */
export class UwsRequest {
  /** Upper case. */
  readonly method: string;
  /** The path alone. */
  readonly url: string;
  /** Of a repeated one the last line. */
  readonly headers: IncomingHttpHeaders = {};
  readonly connection: { readonly remoteAddress: string };
  _query: Query;

  private constructor(req: UwsHttpRequest, res: UwsHttpResponse) {
    this.method = req.getMethod().toUpperCase();
    this.url = req.getUrl();
    this._query = parseQuery(`?${req.getQuery() ?? ""}`);
    this.connection = { remoteAddress: Buffer.from(res.getRemoteAddressAsText()).toString() };
    const headers = this.headers as Record<string, string>;
    req.forEach((name, value) => {
      headers[name] = value;
    });
  }

  /** The newer name of {@link connection}. */
  get socket(): UwsRequest["connection"] {
    return this.connection;
  }

  static from(req: UwsHttpRequest, res: UwsHttpResponse): EngineRequest {
    // The types of callbacks say IncomingMessage, as upstream's do; which members are there is documented.
    return new UwsRequest(req, res) as unknown as EngineRequest;
  }
}
