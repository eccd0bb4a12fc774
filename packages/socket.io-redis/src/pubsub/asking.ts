import {
  ClusterRequests,
  CountedServers,
  type ClusterRequestError,
  type Expectation,
  type ServerId,
} from "socket.io-adapter/dist/cluster";
import { Incapable } from "./incapable.js";
import { RequestType, type Request, type Response } from "./messages.js";
import { alsoForVersion2, forVersion2, isKnownToVersion2 } from "./version-2.js";

/** What is needed to ask. */
export interface AskingHost {
  /** Id of this server, put into its requests. */
  readonly uid: string;
  /** How long servers may take to answer, in ms. */
  readonly requestsTimeout: number;
  /**
   * Whose answers a question that is sent now will wait for.
   *
   * @param message what it fails with when time is up; undefined: how many did not answer
   */
  expectation(message: string | undefined): Promise<Expectation>;
  publishRequest(request: object): void;
}

/** What this server asks the others, and their answers. */
export class Asking {
  readonly #requests = new ClusterRequests();
  readonly #version2: Incapable;

  /** @param socketIo2 whether servers of Socket.IO 2 are asked in their own form, where ours mean something else to them */
  constructor(
    private readonly host: AskingHost,
    private readonly socketIo2: boolean,
  ) {
    this.#version2 = new Incapable(socketIo2);
  }

  /**
   * Asks all the others.
   *
   * @param what named when time is up; null: the error tells how many did not answer
   */
  all(what: string | null, request: Request, timeoutMs = this.host.requestsTimeout): Promise<unknown[]> {
    const { uid } = this.host;
    const others = this.host.expectation(what === null ? undefined : timeoutMessage(what));
    return this.#requests.ask(others, timeoutMs, (requestId) => {
      for (const form of alsoForVersion2({ uid, requestId, ...request })) this.host.publishRequest(form);
      if (isKnownToVersion2(request.type)) return;
      this.#version2.watch(
        timeoutMs,
        () => this.has(requestId),
        () => this.#lookForVersion2(requestId),
      );
    });
  }

  /** As {@link all}, with what this server knows itself before the answers: in the error's `responses` too. */
  async allAnd<Own>(own: readonly Own[], ...question: Parameters<Asking["all"]>): Promise<Own[]> {
    try {
      return [...own, ...((await this.all(...question)) as Own[])];
    } catch (error) {
      (error as ClusterRequestError).precede(own);
      throw error;
    }
  }

  /** Asks the one server that has a socket to do something to it. */
  one(request: Request): Promise<void> {
    const { uid, requestsTimeout } = this.host;
    return new Promise((resolve, reject) => {
      const others = new CountedServers(1, timeoutMessage(NAMES[request.type]!));
      const requestId = this.#requests.open(others, requestsTimeout, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
      const old = this.socketIo2 ? forVersion2(request, requestId) : undefined;
      this.host.publishRequest(old ?? { uid, requestId, ...request });
    });
  }

  /**
   * Another server has answered.
   *
   * @param from undefined: it has not put its name to it
   */
  onResponse(id: string, { type, data, sockets, clients, rooms }: Response, from: ServerId | undefined): void {
    if (id.endsWith(LOOKED_FOR)) {
      if (clients === undefined) return;
      this.#version2.onLooked(true);
      // It has nothing to say to what it does not know.
      this.#requests.answer(id.slice(0, -LOOKED_FOR.length), undefined, []);
      return;
    }
    const values = type === RequestType.SERVER_SIDE_EMIT ? [data] : (sockets ?? clients ?? rooms ?? []);
    this.#requests.answer(id, from, Array.isArray(values) ? values : []);
  }

  /** Whether this server has asked that, and still waits. */
  has(id: string): boolean {
    return this.#requests.has(id);
  }

  /** No answer will be heard any more. */
  close(): void {
    this.#requests.close();
  }

  /** Asks something that servers of all releases know, those of Socket.IO 2 by another name: who is in a room that there is not. */
  #lookForVersion2(requestId: string): void {
    this.#version2.onLooked(false);
    const id = requestId + LOOKED_FOR;
    const request = { uid: this.host.uid, requestId: id, type: RequestType.SOCKETS, rooms: [id] };
    for (const form of alsoForVersion2(request)) this.host.publishRequest(form);
  }
}

/** Behind the id of a request: the id of the question which servers there are that do not know it. */
const LOOKED_FOR = "?";

const NAMES: Partial<Record<RequestType, string>> = {
  [RequestType.REMOTE_JOIN]: "remoteJoin",
  [RequestType.REMOTE_LEAVE]: "remoteLeave",
  [RequestType.REMOTE_DISCONNECT]: "remoteDisconnect",
};

function timeoutMessage(what: string): string {
  return `timeout reached while waiting for ${what} response`;
}
