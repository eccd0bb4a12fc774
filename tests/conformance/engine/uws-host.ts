import { uServer } from "engine.io";
import { EventEmitter, once } from "node:events";
import { uWebSockets } from "../../support/uws.ts";
import type { Engine } from "./engine.ts";
import type { Host } from "./hosts.ts";

/** What section 1.7 of the API says, and what is the library's own. Tests of uServer show what is so instead. */
const DIFFERS = {
  "a path without a slash behind it": "exact paths",
  "a second GET ends the session": "500",
  "a second POST ends the session, and the first one gets no answer": "500",
  "bodies without a length are counted while they come": "411",
  "the request is the first one": "url is the path alone",
  "the bytes of a refused upgrade": "answered as JSON",
  "an upgrade without a key": "a plain request",
  "compression of frames is agreed on if both want it": "by the option compression",
  "the HTTP server closes: its sessions end, those too that have no connection": "the app does not tell the engine",
  "an Origin outside of latin1 and below the space": "the library ends the connection without a word",
  "a frame above maxHttpBufferSize ends the session with 1009":
    "the library ends the connection, without a close frame",
  // The library ends such connections by itself, and tells neither side why.
  "a frame without a mask is an error": "transport close",
  "an unknown opcode is an error": "transport close",
  "reserved bits are an error": "transport close",
  "a continuation of nothing is an error": "transport close",
  "text that is no UTF-8 is an error": "transport close",
  "a close frame with a code that does not exist is an error": "transport close",
  "a message that fails to leave is an error": "transport close",
};

const LACKS = {
  "a packet of nothing": "bodies without bytes are answered 411",
  "from polling, with everything in the first bytes": "frames before the 101 are dropped (RFC 6455 section 4.1)",
  "from jsonp, with everything in the first bytes": "frames before the 101 are dropped (RFC 6455 section 4.1)",
};

/** Our engine on uWebSockets.js. */
export const uws: Host = {
  name: "uWebSockets.js",
  maker: "ours",
  refusesAlike: true,
  differs: DIFFERS,
  lacks: LACKS,
  async serve(options, attachOptions) {
    const app = uWebSockets.App();
    const engine = new uServer(options);
    const events = new EventEmitter();
    engine.attach(
      {
        any: (pattern, handler) =>
          app.any(pattern, (res, req) => {
            handler(res, req);
            events.emit("request");
          }),
        get: (pattern, handler) => app.get(pattern, handler),
        ws: (pattern, behavior) => app.ws(pattern, behavior),
      },
      attachOptions,
    );
    // As the other hosts answer what is not the engine's.
    app.any("/*", (res) => {
      res.writeStatus("404 Not Found");
      res.end("app");
    });
    const port = await new Promise<number>((resolve) => {
      app.listen("127.0.0.1", 0, (listener) => resolve(uWebSockets.us_socket_local_port(listener as object)));
    });
    return {
      // What behaviours use of an engine is the same.
      engine: engine as unknown as Engine,
      port,
      arrival: () => once(events, "request"),
      stop: () => Promise.resolve(app.close()),
      close() {
        engine.close();
        app.close();
      },
    };
  },
};

/** The same for clients that begin with a WebSocket. */
export const uwsWebSocket: Host = {
  ...uws,
  differs: { ...DIFFERS, "a middleware may answer by itself": "upgrade requests too are answered" },
};
