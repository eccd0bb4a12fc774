import { type Answer, Polling } from "./polling.js";

/** Polling by `fetch`: anywhere. */
export class Fetch extends Polling {
  protected override get errorNames(): readonly [get: string, post: string] {
    return ["fetch read error", "fetch write error"];
  }

  protected doRequest(uri: string, body: string | undefined, onAnswer: Answer): () => void {
    const { extraHeaders, withCredentials } = this.opts;
    const jar = this.socket._cookieJar;
    const controller = new AbortController();
    const headers = new Headers(extraHeaders);
    if (body !== undefined) headers.set("Content-type", "text/plain;charset=UTF-8");
    const cookies = jar?.header();
    if (cookies) headers.set("cookie", cookies);
    const credentials = withCredentials ? "include" : "omit";
    const method = body === undefined ? "GET" : "POST";
    fetch(uri, { method, body, headers, credentials, signal: controller.signal }).then(
      (answer) => {
        jar?.store(answer.headers.getSetCookie());
        if (answer.status !== 200) return onAnswer(null, answer.status, answer);
        return answer.text().then(onAnswer, (error) => onAnswer(null, error, answer));
      },
      (error) => onAnswer(null, error),
    );
    return () => controller.abort();
  }
}
