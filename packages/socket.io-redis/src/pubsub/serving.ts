import type { Adapter, SocketId } from "socket.io-adapter";
import { detailsOf } from "socket.io-adapter/dist/cluster";
import { PacketType } from "socket.io-parser";
import type { RedisAdapter } from "./adapter.js";
import { isEvent, optionsOf, RequestType, type RemoteSocket, type Request, type Response } from "./messages.js";
import { answerToVersion2 } from "./version-2.js";

/** The adapter of this process alone: what another server asks for is done to the sockets of this one. */
export type LocalSide = Pick<
  Adapter,
  "sockets" | "fetchSockets" | "addSockets" | "delSockets" | "disconnectSockets" | "broadcastWithAck"
>;

/** What is needed to serve. */
export interface ServingHost {
  /** Whether this server has issued the request itself. */
  isOwn(requestId: string): boolean;
  publish(channel: string, payload: string): void;
  /** What users gave is in it. */
  publishToAll(channel: string, answer: Response): void;
}

/** What this server does for the others (protocols.md 6.1, "Requests"). What makes no sense is ignored. */
export class Serving {
  constructor(
    private readonly adapter: RedisAdapter,
    private readonly local: LocalSide,
    private readonly host: ServingHost,
  ) {}

  onRequest(request: Request): void {
    const { requestid, requestId, uid } = request;
    if (requestid === undefined || requestId !== undefined) return this.#serve(request);
    // Ours sign theirs: they have asked in the newer form as well.
    if (uid !== undefined || this.host.isOwn(requestid)) return;
    answerToVersion2(request, this.adapter, (answer) => {
      this.host.publish(this.adapter.responseChannel, JSON.stringify(answer));
    });
  }

  #serve(request: Request): void {
    const { adapter, local } = this;
    const { type, uid, requestId, opts, rooms = [] } = request;
    const own = uid === adapter.uid || (requestId !== undefined && this.host.isOwn(requestId));
    switch (type) {
      case RequestType.SOCKETS:
        if (!own) void local.sockets(new Set(rooms)).then((ids) => this.#respond(request, { sockets: [...ids] }));
        return;
      case RequestType.ALL_ROOMS:
        if (!own) this.#respond(request, { rooms: [...adapter.rooms.keys()] });
        return;
      case RequestType.REMOTE_JOIN:
        if (opts !== undefined) return local.addSockets(optionsOf(opts), rooms);
        return this.#serveSocket(request, (socket) => socket.join(request.room!));
      case RequestType.REMOTE_LEAVE:
        if (opts !== undefined) return local.delSockets(optionsOf(opts), rooms);
        return this.#serveSocket(request, (socket) => socket.leave(request.room!));
      case RequestType.REMOTE_DISCONNECT:
        if (opts !== undefined) return local.disconnectSockets(optionsOf(opts), request.close === true);
        return this.#serveSocket(request, (socket) => void socket.disconnect(request.close === true));
      case RequestType.REMOTE_FETCH:
        if (own) return;
        void local.fetchSockets(optionsOf(opts)).then((sockets) => {
          this.#respond(request, { sockets: sockets.map(detailsOf) });
        });
        return;
      case RequestType.SERVER_SIDE_EMIT:
        if (!own && isEvent(request.data)) this.#serveServerSideEmit(request);
        return;
      case RequestType.BROADCAST:
        if (!own && isEvent(request.packet?.data)) this.#serveBroadcast(request);
    }
  }

  #serveServerSideEmit({ requestId, data }: Request): void {
    const { nsp, responseChannel, uid } = this.adapter;
    const args = data as [string, ...unknown[]];
    if (requestId === undefined) return nsp._onServerSideEmit(args);
    let answered = false;
    const answer = (value: unknown): void => {
      if (answered) return;
      answered = true;
      // Always to all: servers before 7.1 listen to no other channel.
      const response = { type: RequestType.SERVER_SIDE_EMIT, requestId, uid, data: value };
      this.host.publish(responseChannel, JSON.stringify(response));
    };
    nsp._onServerSideEmit([...args, answer]);
  }

  #serveBroadcast(request: Request): void {
    const { nsp } = this.adapter;
    const { requestId, packet, opts } = request;
    this.local.broadcastWithAck(
      { type: PacketType.EVENT, data: packet!.data, nsp: nsp.name },
      { ...optionsOf(opts), flags: {} },
      (clientCount) => this.#respond(request, { type: RequestType.BROADCAST_CLIENT_COUNT, clientCount }),
      (answer: unknown) => {
        const response = { type: RequestType.BROADCAST_ACK, requestId: requestId!, packet: answer };
        this.host.publishToAll(this.#responseChannelFor(request), response);
      },
    );
  }

  #serveSocket(request: Request, serve: (socket: RemoteSocket) => unknown): void {
    const sockets = this.adapter.nsp.sockets as ReadonlyMap<SocketId, RemoteSocket>;
    const socket = request.sid === undefined ? undefined : sockets.get(request.sid);
    if (socket === undefined) return;
    serve(socket);
    this.#respond(request, {});
  }

  #respond(request: Request, answer: Response): void {
    const { type, ...rest } = answer;
    const signed = { requestId: request.requestId, uid: this.adapter.uid, ...rest };
    const response = type === undefined ? signed : { type, ...signed };
    this.host.publish(this.#responseChannelFor(request), JSON.stringify(response));
  }

  #responseChannelFor({ uid }: Request): string {
    const { publishOnSpecificResponseChannel, responseChannel } = this.adapter;
    return publishOnSpecificResponseChannel && uid !== undefined ? `${responseChannel}${uid}#` : responseChannel;
  }
}
