/** Who is where, and what was said: everything that the chat remembers. No sockets, no clock; every list has an end. */
import type { ChatMessage, Person, RoomSummary } from "./events.js";

export interface RoomLimits {
  readonly rooms: number;
  readonly peoplePerRoom: number;
  readonly messagesPerRoom: number;
  /** Text and pictures that one room keeps, in bytes. */
  readonly bytesPerRoom: number;
}

/** At most 24 rooms x 4 MB: the history never holds more than 96 MB. */
export const ROOM_LIMITS: RoomLimits = { rooms: 24, peoplePerRoom: 100, messagesPerRoom: 50, bytesPerRoom: 4_000_000 };

/** The room that everybody starts in; it is always there. */
export const LOBBY = "lobby";

export class Rooms {
  /** In the order in which they were last used, the longest forgotten first. */
  readonly #rooms = new Map<string, Room>();
  readonly #limits: RoomLimits;

  constructor(limits: RoomLimits = ROOM_LIMITS) {
    this.#limits = limits;
    this.#rooms.set(LOBBY, new Room());
  }

  /** Puts a person into a room, which is created when it is new. Returns why not, or null. */
  enter(name: string, person: Person): string | null {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#limits.rooms && !this.#forgetAnEmptyRoom()) {
        return `There are already ${this.#limits.rooms} rooms, all of them in use.`;
      }
      room = new Room();
    }
    if (room.people.size >= this.#limits.peoplePerRoom && !room.people.has(person.id)) {
      return `This room is full: ${this.#limits.peoplePerRoom} people are in it.`;
    }
    this.#rooms.delete(name);
    this.#rooms.set(name, room);
    room.people.set(person.id, person);
    return null;
  }

  leave(name: string, personId: string): void {
    this.#rooms.get(name)?.people.delete(personId);
  }

  people(name: string): Person[] {
    return [...(this.#rooms.get(name)?.people.values() ?? [])];
  }

  summaries(): RoomSummary[] {
    return [...this.#rooms]
      .map(([name, room]) => ({ name, people: room.people.size }))
      .sort((a, b) => Number(b.name === LOBBY) - Number(a.name === LOBBY) || a.name.localeCompare(b.name));
  }

  /** Keeps a message, and lets go of the oldest ones beyond the limits. */
  remember(message: ChatMessage): void {
    this.#rooms.get(message.room)?.history.push(message);
    this.#rooms.get(message.room)?.trim(this.#limits);
  }

  find(name: string, messageId: string): ChatMessage | undefined {
    return this.#rooms.get(name)?.history.find(({ id }) => id === messageId);
  }

  /** What was said after a message that the page has seen; all that is kept if that one is unknown. */
  historyAfter(name: string, messageId: string | null): readonly ChatMessage[] {
    const history = this.#rooms.get(name)?.history ?? [];
    return history.slice(history.findIndex(({ id }) => id === messageId) + 1);
  }

  #forgetAnEmptyRoom(): boolean {
    for (const [name, room] of this.#rooms) {
      if (name === LOBBY || room.people.size > 0) continue;
      return this.#rooms.delete(name);
    }
    return false;
  }
}

class Room {
  readonly people = new Map<string, Person>();
  readonly history: ChatMessage[] = [];

  trim(limits: RoomLimits): void {
    let bytes = this.history.reduce((sum, message) => sum + sizeOf(message), 0);
    while (this.history.length > limits.messagesPerRoom || bytes > limits.bytesPerRoom) {
      const oldest = this.history.shift();
      if (oldest === undefined) return;
      bytes -= sizeOf(oldest);
    }
  }
}

function sizeOf(message: ChatMessage): number {
  return 2 * message.text.length + (message.picture?.bytes.byteLength ?? 0);
}
