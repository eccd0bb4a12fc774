import { body, FIRST_ID, FIRST_SEQ } from "../wire/messages.ts";
import { TEXT } from "../wire/frames.ts";
import { getRequest, handshake, HttpConnection, postRequest } from "./http-connection.ts";
import { inParallel, OPENING, type Load } from "./load.ts";

/** Long-polling clients with two connections each. A message is one POST, and one GET that waited for its answer. */
export function pollingEcho({ clients: usual }: { readonly clients: number }): Load {
  return async ({ ports, clients: count = usual, observe }) => {
    const connections: HttpConnection[] = [];
    let answered = 0;
    const state = { isRunning: true };
    const starts: (() => Promise<void>)[] = [];
    await inParallel(count, OPENING, async () => {
      const [getting, posting] = [new HttpConnection(ports[0]!), new HttpConnection(ports[0]!)];
      connections.push(getting, posting);
      const sid = await handshake(getting);
      await posting.request(postRequest(sid, "40"));
      await getting.request(getRequest(sid));
      const get = getRequest(sid);
      const posts = Array.from({ length: VARIETY }, (_, at) =>
        postRequest(sid, `42${FIRST_ID + at}${JSON.stringify(["echo", body(FIRST_SEQ + at)])}`),
      );
      starts.push(async () => {
        for (let at = 0; state.isRunning; at = (at + 1) % VARIETY) {
          const [answer] = await Promise.all([getting.request(get), posting.request(posts[at]!)]);
          if (answer.startsWith("43")) answered++;
          observe?.(TEXT, Buffer.from(answer));
        }
      });
    });
    const stopped = Promise.all(starts.map((start) => start()));
    // Those that are stopped fail; others end the process.
    stopped.catch((error: unknown) => {
      if (state.isRunning) throw error;
    });
    return {
      messages: () => answered,
      stop() {
        state.isRunning = false;
        connections.forEach((connection) => connection.close());
      },
    };
  };
}

/** Requests that a client uses in turn. */
const VARIETY = 20;
