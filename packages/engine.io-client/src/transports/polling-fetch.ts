import { textOf } from "./answer-text.node.js";
import { type Answer, Polling } from "./polling.js";

/** Polling by `fetch`: anywhere. */
export class Fetch extends Polling {
  protected override errorName(isPost: boolean): string {
    return isPost ? "fetch write error" : "fetch read error";
  }

  protected doRequest(
    uri: string,
    body: string | undefined,
    headers: Record<string, string>,
    onAnswer: Answer,
  ): () => void {
    const jar = this.socket._cookieJar;
    const controller = new AbortController();
    const cookies = jar?.header();
    if (cookies) headers["cookie"] = cookies;
    fetch(uri, {
      method: body ? "POST" : "GET",
      body,
      headers,
      credentials: this.opts.withCredentials ? "include" : "omit",
      signal: controller.signal,
    }).then(
      (answer) => {
        jar?.store(answer.headers.getSetCookie());
        if (answer.status !== 200) return onAnswer(null, answer.status, answer);
        return (textOf?.(answer, this.opts.maxPayload) ?? answer.text()).then(onAnswer, (error) =>
          onAnswer(null, error, answer),
        );
      },
      (error) => onAnswer(null, error),
    );
    return () => controller.abort();
  }
}
