/** The rooms of a worker: the same in all of them, since each tells the others what it does. */
import type { Server } from "socket.io";
import type { ChatMessage, ClientToServerEvents, Person, ServerToClientEvents, SocketData } from "./events.js";
import { Rooms } from "./rooms.js";

/** Events between the workers. */
export interface WorkerEvents {
  entered: (room: string, person: Person, worker: number) => void;
  left: (room: string, personId: string) => void;
  said: (message: ChatMessage) => void;
  /** A worker has started: the others tell it what there is. */
  started: () => void;
}

type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, WorkerEvents, SocketData>;

export class ReplicatedRooms extends Rooms {
  readonly #io: ChatServer;
  readonly #worker: number;
  /** Whose connection each person has, to let go of those of a worker that has ended. */
  readonly #workers = new Map<string, { worker: number; room: string }>();

  /**
   * @param worker number of this one
   * @param onChange told of rooms that others have changed
   */
  constructor(io: ChatServer, worker: number, onChange: (room: string) => void) {
    super();
    this.#io = io;
    this.#worker = worker;
    io.on("entered", (room, person, other) => {
      this.#enter(room, person, other);
      onChange(room);
    });
    io.on("left", (room, personId) => {
      super.leave(room, personId);
      onChange(room);
    });
    io.on("said", (message) => {
      if (this.find(message.room, message.id) === undefined) super.remember(message);
    });
    io.on("started", () => this.#tellAll());
    io.serverSideEmit("started");
    process.on("message", (message: { workerGone?: number }) => {
      for (const [personId, { worker, room }] of this.#workers) {
        if (worker !== message.workerGone) continue;
        this.#workers.delete(personId);
        super.leave(room, personId);
        onChange(room);
      }
    });
  }

  override enter(room: string, person: Person): string | null {
    const refusal = this.#enter(room, person, this.#worker);
    if (refusal === null) this.#io.serverSideEmit("entered", room, person, this.#worker);
    return refusal;
  }

  override leave(room: string, personId: string): void {
    super.leave(room, personId);
    this.#io.serverSideEmit("left", room, personId);
  }

  override remember(message: ChatMessage): void {
    super.remember(message);
    this.#io.serverSideEmit("said", message);
  }

  #enter(room: string, person: Person, worker: number): string | null {
    const refusal = super.enter(room, person);
    if (refusal === null) this.#workers.set(person.id, { worker, room });
    return refusal;
  }

  #tellAll(): void {
    for (const { name } of this.summaries()) {
      for (const person of this.people(name)) {
        const { worker = this.#worker } = this.#workers.get(person.id) ?? {};
        this.#io.serverSideEmit("entered", name, person, worker);
      }
      for (const message of this.historyAfter(name, null)) this.#io.serverSideEmit("said", message);
    }
  }
}
