import { type Answer, Polling } from "./polling.js";

/** Polling by XMLHttpRequest: browsers. */
export class XHR extends Polling {
  protected doRequest(uri: string, body: string | undefined, onAnswer: Answer): () => void {
    const { extraHeaders, withCredentials } = this.opts;
    const xhr = new XMLHttpRequest();
    xhr.open(body === undefined ? "GET" : "POST", uri);
    for (const name in extraHeaders) xhr.setRequestHeader(name, extraHeaders[name]!);
    if (body !== undefined) xhr.setRequestHeader("Content-type", "text/plain;charset=UTF-8");
    xhr.setRequestHeader("Accept", "*/*");
    xhr.withCredentials = !!withCredentials;
    xhr.onloadend = () => onAnswer(xhr.status === 200 ? xhr.responseText : null, xhr.status, xhr);
    xhr.send(body);
    return () => xhr.abort();
  }
}
