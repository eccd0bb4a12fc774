import type { Actions } from "./actions.ts";
import type { Case } from "./case.ts";

/** A conversation in a form that can be handed to a page. */
export interface PagePlay {
  readonly port: number;
  /** Text as it is, bytes as base64 in an object. */
  readonly messages: readonly (string | { readonly base64: string })[];
  /** After so many answers the page closes, if it is the one that closes. */
  readonly answers: number;
  /** The arguments of `close()`; null: the page waits until the server does. */
  readonly close: readonly [code?: number, reason?: string] | null;
}

/** A browser hears nothing any more once it has called `close()`, so it does that when it has heard all that is expected. */
export function pagePlay(port: number, actions: Actions, { expected }: Pick<Case, "expected">): PagePlay {
  const last = actions.at(-1);
  if (last?.kind !== "close") throw new Error("a case ends with a close frame");
  const line = `close${last.code === undefined ? "" : ` ${last.code}`}${last.reason.length > 0 ? ` ${last.reason.toString()}` : ""}`;
  return {
    port,
    messages: actions.flatMap((action) => {
      if (action.kind !== "message") return [];
      return [action.isText ? action.payload.toString() : { base64: action.payload.toString("base64") }];
    }),
    answers: expected.length - 2,
    close: expected.at(-2) !== line ? null : last.code === undefined ? [] : [last.code, last.reason.toString()],
  };
}

/** A page that says nothing of its own. */
export function pageListening(port: number): PagePlay {
  return { port, messages: [], answers: 0, close: null };
}

/** Runs in the page, so it uses nothing from outside of itself. Gives what was seen of each, in lines as those of a case. */
export async function playInPage(plays: readonly PagePlay[]): Promise<string[][]> {
  const seen: string[][] = [];
  for (const play of plays) {
    seen.push(
      await new Promise<string[]>((resolve) => {
        const lines: string[] = [];
        const socket = new WebSocket(`ws://127.0.0.1:${play.port}`);
        socket.binaryType = "arraybuffer";
        const closeAfterAnswers = (): void => {
          // One more than expected ends it too, so that a server with faults can't hold the page.
          if (play.close !== null && lines.length >= play.answers) socket.close(...play.close);
        };
        socket.addEventListener("open", () => {
          for (const message of play.messages) {
            socket.send(
              typeof message === "string"
                ? message
                : Uint8Array.from(atob(message.base64), (char) => char.charCodeAt(0)),
            );
          }
          closeAfterAnswers();
        });
        socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
          if (typeof data === "string") lines.push(`text ${data}`);
          else {
            const hex = Array.from(new Uint8Array(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
            lines.push(hex === "" ? "binary" : `binary ${hex}`);
          }
          closeAfterAnswers();
        });
        socket.addEventListener("close", ({ code, reason }) => {
          lines.push(code === 1005 ? "close" : `close ${code}${reason === "" ? "" : ` ${reason}`}`, "end");
          resolve(lines);
        });
      }),
    );
  }
  return seen;
}
