import { OwnSets } from "./own-sets.js";

/**
 * Ids and rooms are compared by identity: the number 5 and the string "5" are two rooms. Applications in TypeScript
 * only see strings.
 */
export type Room = string;
export type SocketId = string;

/** Who should be reached: the union of `rooms` (nobody named: everybody), without those in one of `except`. */
export interface RoomTarget {
  readonly rooms: ReadonlySet<Room>;
  readonly except?: ReadonlySet<Room> | undefined;
}

/** What adding an id to a room changed: the room is new, the id is new in it, or nothing. */
export type Added = "created" | "joined" | "unchanged";

/** What removing an id from a room changed: the room is gone with its last id, the id left it, or nothing. */
export type Removed = "deleted" | "left" | "unchanged";

/**
 * Which ids are in which rooms, readable from both ends. Pure data: it knows no sockets and tells nobody, so the rules
 * of membership and targeting can be tested alone and shared by every adapter.
 */
export class RoomIndex {
  readonly #rooms = new OwnSets();
  readonly #sids = new OwnSets();
  /** Live: room → ids. */
  readonly rooms: Map<Room, Set<SocketId>> = this.#rooms.map;
  /** Live: id → rooms. */
  readonly sids: Map<SocketId, Set<Room>> = this.#sids.map;

  /** Makes the id known, so that it is a target of broadcasts to everybody even while it is in no room. */
  register(id: SocketId): Set<Room> {
    let rooms = this.#sids.get(id);
    if (rooms === undefined) this.sids.set(id, (rooms = new Set()));
    return rooms;
  }

  add(id: SocketId, room: Room): Added {
    if (room === id && !this.sids.has(id) && !this.rooms.has(id)) {
      // What every socket does first.
      this.#sids.addOwn(id);
      this.#rooms.addOwn(id);
      return "created";
    }
    this.register(id).add(room);
    const ids = this.#rooms.get(room);
    if (ids === undefined) {
      this.rooms.set(room, new Set([id]));
      return "created";
    }
    if (ids.has(id)) return "unchanged";
    ids.add(id);
    return "joined";
  }

  remove(id: SocketId, room: Room): Removed {
    this.#sids.get(id)?.delete(room);
    const ids = this.#rooms.get(room);
    if (ids === undefined || !ids.delete(id)) return "unchanged";
    if (ids.size > 0) return "left";
    this.rooms.delete(room);
    return "deleted";
  }

  /** Call after the id has been removed from its rooms. */
  unregister(id: SocketId): void {
    this.sids.delete(id);
  }

  /** Visits each target once. Hot path: one room and nothing excluded allocates nothing. */
  forEachTarget(target: RoomTarget, visit: (id: SocketId) => void): void {
    const { rooms } = target;
    const except = target.except !== undefined && target.except.size > 0 ? target.except : undefined;
    if (rooms.size === 0) {
      const excluded = this.#idsIn(except);
      for (const id of this.sids.keys()) {
        if (excluded === undefined || !excluded.has(id)) visit(id);
      }
      return;
    }
    if (rooms.size === 1) {
      const [room] = rooms as Set<Room>;
      const excluded = this.#idsIn(except);
      if (this.#rooms.isOwn(room!)) {
        if (excluded === undefined || !excluded.has(room!)) visit(room!);
        return;
      }
      const ids = this.#rooms.get(room!);
      if (ids === undefined) return;
      for (const id of ids) {
        if (excluded === undefined || !excluded.has(id)) visit(id);
      }
      return;
    }
    // Ids to skip: those excluded, and, as we go, those already visited through another room.
    const skip = this.#idsIn(except) ?? new Set<SocketId>();
    for (const room of rooms) {
      const ids = this.#idsOf(room);
      if (ids === undefined) continue;
      for (const id of ids) {
        if (skip.has(id)) continue;
        skip.add(id);
        visit(id);
      }
    }
  }

  /** The ids of several rooms, as they are now: visitors may join and leave rooms while we go through them. */
  #idsIn(rooms: ReadonlySet<Room> | undefined): Set<SocketId> | undefined {
    if (rooms === undefined) return undefined;
    const ids = new Set<SocketId>();
    for (const room of rooms) {
      for (const id of this.#idsOf(room) ?? []) ids.add(id);
    }
    return ids;
  }

  /** The ids in a room. The set of a socket's own room is not made for this. */
  #idsOf(room: Room): Iterable<SocketId> | undefined {
    return this.#rooms.isOwn(room) ? [room] : this.#rooms.get(room);
  }
}
