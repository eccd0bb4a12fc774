import { type Answer, Polling } from "./polling.js";

/** Polling by XMLHttpRequest: browsers. */
export class XHR extends Polling {
  protected doRequest(
    uri: string,
    body: string | undefined,
    headers: Record<string, string>,
    onAnswer: Answer,
  ): () => void {
    const xhr = new XMLHttpRequest();
    xhr.open(body ? "POST" : "GET", uri);
    // "Accept: */*" is what the standard makes it send.
    for (const name in headers) xhr.setRequestHeader(name, headers[name]!);
    xhr.withCredentials = !!this.opts.withCredentials;
    xhr.onloadend = () => onAnswer(xhr.status === 200 ? xhr.responseText : null, xhr.status, xhr);
    xhr.send(body);
    return () => xhr.abort();
  }
}
