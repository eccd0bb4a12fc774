// T-37: the callback of an untyped event, where parameters may be `any` unsaid ("noImplicitAny": false).
import { io } from "socket.io-client";

io()
  .timeout(1)
  .emit("chat", 1, (err, c, d) => {
    typeOf(err).is<any>();
    typeOf(c).is<any>();
    typeOf(d).is<any>();
  });
