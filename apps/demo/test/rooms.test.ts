import assert from "node:assert/strict";
import test from "node:test";
import { Allowance } from "../allowance.js";
import type { ChatMessage } from "../events.js";
import { LOBBY, Rooms } from "../rooms.js";

const limits = { rooms: 3, peoplePerRoom: 2, messagesPerRoom: 4, bytesPerRoom: 1000 };
const person = (id: string): { id: string; name: string } => ({ id, name: id });
const message = (id: string, bytes = 10): ChatMessage => ({
  id,
  room: LOBBY,
  author: "Ada",
  text: "",
  picture: { bytes: new Uint8Array(bytes), type: "image/png", width: 1, height: 1 },
  sentAt: 0,
});
const ids = (messages: readonly ChatMessage[]): string[] => messages.map(({ id }) => id);

test("a room keeps only the newest messages", () => {
  const rooms = new Rooms(limits);
  for (const id of ["a", "b", "c", "d", "e"]) rooms.remember(message(id));
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, null)), ["b", "c", "d", "e"]);
});

test("a room lets old pictures go once they are too many bytes", () => {
  const rooms = new Rooms(limits);
  for (const id of ["a", "b", "c"]) rooms.remember(message(id, 400));
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, null)), ["b", "c"]);
  rooms.remember(message("d", 1001));
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, null)), []);
});

test("history starts after the last message seen, and is whole if that one is forgotten", () => {
  const rooms = new Rooms(limits);
  for (const id of ["a", "b", "c"]) rooms.remember(message(id));
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, "b")), ["c"]);
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, "c")), []);
  assert.deepEqual(ids(rooms.historyAfter(LOBBY, "forgotten")), ["a", "b", "c"]);
  assert.deepEqual(rooms.historyAfter("nowhere", null), []);
});

test("a new room takes the place of the empty one that was used least recently, never of one in use", () => {
  const rooms = new Rooms(limits);
  assert.equal(rooms.enter("one", person("a")), null);
  assert.equal(rooms.enter("two", person("b")), null);
  assert.match(rooms.enter("three", person("c")) ?? "", /already 3 rooms/);
  rooms.leave("one", "a");
  rooms.leave("two", "b");
  rooms.enter("one", person("a"));
  rooms.leave("one", "a");
  assert.equal(rooms.enter("three", person("c")), null);
  assert.deepEqual(
    rooms.summaries().map(({ name }) => name),
    [LOBBY, "one", "three"],
  );
});

test("a full room takes nobody more, but those who are in it may change their name", () => {
  const rooms = new Rooms(limits);
  rooms.enter(LOBBY, person("a"));
  rooms.enter(LOBBY, person("b"));
  assert.match(rooms.enter(LOBBY, person("c")) ?? "", /full: 2 people/);
  assert.equal(rooms.enter(LOBBY, { id: "a", name: "Ada" }), null);
  assert.deepEqual(rooms.people(LOBBY), [{ id: "a", name: "Ada" }, person("b")]);
});

test("rooms may have the names of what every object has", () => {
  const rooms = new Rooms(limits);
  assert.equal(rooms.enter("__proto__", person("a")), null);
  assert.deepEqual(rooms.people("__proto__"), [person("a")]);
  assert.deepEqual(rooms.people("constructor"), []);
});

test("an allowance lets a burst pass, then as many as time gives back", () => {
  const allowance = new Allowance(2, 5, 0);
  assert.deepEqual(
    [0, 0, 0, 200, 200, 10_000, 10_000, 10_000].map((now) => allowance.take(now)),
    [true, true, false, true, false, true, true, false],
  );
});
