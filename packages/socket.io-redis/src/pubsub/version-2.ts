import type { Room, SocketId } from "socket.io-adapter";
import type { RedisAdapter } from "./adapter.js";
import { RequestType, type RemoteSocket, type Request } from "./messages.js";

/** What servers of Socket.IO 2 (`socket.io-redis` 5) ask each other; the numbers mean something else there. */
enum Version2Request {
  CLIENTS,
  CLIENT_ROOMS,
  ALL_ROOMS,
  REMOTE_JOIN,
  REMOTE_LEAVE,
  CUSTOM_REQUEST,
  REMOTE_DISCONNECT,
}

const VERSION_2_TYPES: Partial<Record<RequestType, Version2Request>> = {
  [RequestType.REMOTE_JOIN]: Version2Request.REMOTE_JOIN,
  [RequestType.REMOTE_LEAVE]: Version2Request.REMOTE_LEAVE,
  [RequestType.REMOTE_DISCONNECT]: Version2Request.REMOTE_DISCONNECT,
};

/** A question that waits for answers. */
type SignedRequest = Request & { uid: string; requestId: string };

/**
 * The messages by which a question reaches servers of both forms, whichever are there: those of Socket.IO 2 are among the servers
 * whose answers are counted.
 *
 * The question for ids has the same number in both, and each form has a name of its own for the id of the request. The one for rooms
 * has not: asked a second time, it is taken for nothing by servers of the newer form. The others have no like in Socket.IO 2.
 */
export function alsoForVersion2(request: SignedRequest): readonly Request[] {
  const { type, uid, requestId } = request;
  if (type === RequestType.SOCKETS) return [{ ...request, requestid: requestId }];
  if (type !== RequestType.ALL_ROOMS) return [request];
  return [request, { uid, requestid: requestId, type: Version2Request.ALL_ROOMS as number }];
}

/** Whether servers of Socket.IO 2 answer it, in the forms of {@link alsoForVersion2}. */
export function isKnownToVersion2(type: RequestType): boolean {
  return type === RequestType.SOCKETS || type === RequestType.ALL_ROOMS;
}

/** A request that waits for an answer, as servers of Socket.IO 2 understand it; undefined if they know nothing of the kind. */
export function forVersion2({ type, ...fields }: Request, requestid: string): object | undefined {
  const known = VERSION_2_TYPES[type];
  return known === undefined ? undefined : { requestid, type: known, ...fields };
}

/**
 * Answers a server of Socket.IO 2, which counts us among those whose answer it waits for (protocols.md 6.1, "socket.io-redis 5").
 *
 * @param respond puts the answer on the channel that such servers listen to
 */
export function answerToVersion2(request: Request, adapter: RedisAdapter, respond: (answer: object) => void): void {
  const { requestid, sid } = request;
  const socket = sid === undefined ? undefined : (adapter.nsp.sockets as ReadonlyMap<SocketId, RemoteSocket>).get(sid);
  switch (request.type as unknown as Version2Request) {
    case Version2Request.CLIENTS:
      return respond({ requestid, clients: [...membersOf(adapter, request.rooms ?? [])] });
    case Version2Request.ALL_ROOMS:
      return respond({ requestid, rooms: [...adapter.rooms.keys()] });
    case Version2Request.CUSTOM_REQUEST:
      // Nobody can have installed a hook for it here.
      return respond({ requestid, data: null });
    case Version2Request.CLIENT_ROOMS:
      if (socket !== undefined) respond({ requestid, rooms: [...socket.rooms] });
      return;
    case Version2Request.REMOTE_JOIN:
      return forSocket(() => socket!.join(request.room!));
    case Version2Request.REMOTE_LEAVE:
      return forSocket(() => socket!.leave(request.room!));
    case Version2Request.REMOTE_DISCONNECT:
      return forSocket(() => socket!.disconnect(request.close === true));
  }

  function forSocket(serve: () => unknown): void {
    // The server that has it answers, the others are silent.
    if (socket === undefined) return;
    serve();
    respond({ requestid });
  }
}

function membersOf(adapter: RedisAdapter, rooms: readonly Room[]): Set<SocketId> {
  if (rooms.length === 0) return new Set(adapter.nsp.sockets.keys() as Iterable<SocketId>);
  return new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
}
