import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { answerTo, JOINED } from "./floor-application.ts";

/** The least JavaScript on node:http that serves long polling: one answer waits for a GET, or a GET for it. */
export function httpFloor(): Server {
  const sessions = new Map<string, Session>();
  return createServer((request, response) => {
    const sid = /&sid=(\w+)/.exec(request.url!)?.[1];
    if (sid === undefined) {
      const created = `floor${sessions.size}`;
      sessions.set(created, new Session());
      return respond(response, Buffer.from(`0{"sid":"${created}","upgrades":[],"pingInterval":25000}`));
    }
    const session = sessions.get(sid)!;
    if (request.method === "GET") session.onGet(response);
    else session.onPost(request, response);
  });
}

class Session {
  private poll: ServerResponse | undefined;
  private answer: Buffer | undefined;

  onGet(response: ServerResponse): void {
    this.poll = response;
    this.flush();
  }

  onPost(request: IncomingMessage, response: ServerResponse): void {
    let body: Buffer = Buffer.alloc(0);
    request.on("data", (chunk: Buffer) => (body = body.length === 0 ? chunk : Buffer.concat([body, chunk])));
    request.on("end", () => {
      this.answer = body.length === 2 ? JOINED : answerTo(body, body.indexOf('["echo",'));
      respond(response, OK);
      this.flush();
    });
  }

  private flush(): void {
    if (this.poll === undefined || this.answer === undefined) return;
    respond(this.poll, this.answer);
    this.poll = this.answer = undefined;
  }
}

function respond(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { "Content-Type": "text/plain; charset=UTF-8", "Content-Length": body.length });
  response.end(body);
}

const OK = Buffer.from("ok");
