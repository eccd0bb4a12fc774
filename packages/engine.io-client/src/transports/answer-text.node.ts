import { MAX_PAYLOAD } from "./transport.js";

/**
 * The text of an answer, read as long as it is not too long.
 * @param maxPayload in UTF-16 units; rejects and drops the rest if there are more
 */
async function read(answer: Response, maxPayload = MAX_PAYLOAD): Promise<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return text;
    text += value;
    if (text.length <= maxPayload) continue;
    const error = new Error(`answer exceeds maxPayload (${maxPayload})`);
    // Whether that works matters to nobody: the session ends.
    void reader!.cancel(error).catch(() => {});
    throw error;
  }
}

/** Undefined in browsers. */
export const textOf: typeof read | undefined = read;
