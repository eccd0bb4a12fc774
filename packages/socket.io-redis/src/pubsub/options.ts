import type { Codec } from "../codec.js";
import type { OutboxOptions } from "../outbox.js";
import type { SigningOptions } from "../signing/options.js";

export interface RedisAdapterOptions {
  /**
   * Beginning of the names of all channels.
   * @default "socket.io"
   */
  key?: string;
  /**
   * How long servers may take to answer, in ms.
   * @default 5000
   */
  requestsTimeout?: number;
  /**
   * Whether this server sends its answers on a channel of the one that has asked, and not to all. Servers older than
   * @socket.io/redis-adapter 7.1 do not listen to such a channel.
   * @default false
   */
  publishOnSpecificResponseChannel?: boolean;
  /**
   * How broadcasts are written. All servers must use the same.
   * @default MessagePack, in forms that all releases read
   */
  parser?: Codec;
  /**
   * Whether servers of Socket.IO 2 (`socket.io-redis` 5) get binary events in the form that they read, and are asked in theirs to
   * move single sockets (`remoteJoin`, `remoteLeave`, `remoteDisconnect`). Broadcasts with acknowledgement whose arguments have
   * bytes, which would end them, do not leave this server then. All our servers read both forms; those of upstream from
   * Socket.IO 3 on do not, and must not be on the same Redis then. `allSockets` and `allRooms` need no option.
   * @default false
   */
  socketIo2?: boolean;
  /** How much is kept while Redis is away; what does not fit is lost, and told by `publish_error`. */
  outbox?: OutboxOptions;
  /** Signs what servers and emitters say to each other; all of them have to, so none may be of another make. */
  signing?: SigningOptions;
}
