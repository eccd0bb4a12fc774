import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";

// The index is no part of the package's face; other adapters of ours reach it by its path.
const { RoomIndex } = createRequire(import.meta.url)("socket.io-adapter/dist/room-index.js") as {
  RoomIndex: typeof import("../src/room-index.ts").RoomIndex;
};

function targets(index: InstanceType<typeof RoomIndex>, rooms: string[], except?: string[]): string[] {
  const ids: string[] = [];
  index.forEachTarget({ rooms: new Set(rooms), except: except && new Set(except) }, (id) => ids.push(id));
  return ids;
}

function sample(): InstanceType<typeof RoomIndex> {
  const index = new RoomIndex();
  index.add("a", "r1");
  index.add("b", "r2");
  index.add("c", "r1");
  index.add("c", "r2");
  index.register("d");
  return index;
}

test("tells what an addition changed", () => {
  const index = new RoomIndex();
  assert.equal(index.add("a", "r"), "created");
  assert.equal(index.add("a", "r"), "unchanged");
  assert.equal(index.add("b", "r"), "joined");
  assert.deepEqual([...index.rooms], [["r", new Set(["a", "b"])]]);
  assert.deepEqual([...index.sids.keys()], ["a", "b"]);
});

test("tells what a removal changed, and keeps no empty rooms", () => {
  const index = sample();
  assert.equal(index.remove("a", "r1"), "left");
  assert.equal(index.remove("a", "r1"), "unchanged");
  assert.equal(index.remove("c", "r1"), "deleted");
  assert.equal(index.remove("nobody", "r2"), "unchanged");
  assert.deepEqual([...index.rooms.keys()], ["r2"]);
});

test("without rooms everybody is a target, also who is in no room", () => {
  assert.deepEqual(targets(sample(), []), ["a", "b", "c", "d"]);
  assert.deepEqual(targets(sample(), [], ["r2"]), ["a", "d"]);
  assert.deepEqual(targets(sample(), [], ["r1", "r2"]), ["d"]);
  assert.deepEqual(targets(sample(), [], ["unknown"]), ["a", "b", "c", "d"]);
});

test("rooms are joined into a union in which each id is once", () => {
  assert.deepEqual(targets(sample(), ["r1"]), ["a", "c"]);
  assert.deepEqual(targets(sample(), ["r1", "r2"]), ["a", "c", "b"]);
  assert.deepEqual(targets(sample(), ["unknown"]), []);
  assert.deepEqual(targets(sample(), ["unknown", "r2"]), ["b", "c"]);
});

test("who is in an excluded room is no target, whatever other rooms it is in", () => {
  assert.deepEqual(targets(sample(), ["r1"], ["r2"]), ["a"]);
  assert.deepEqual(targets(sample(), ["r1", "r2"], ["r2"]), ["a"]);
  assert.deepEqual(targets(sample(), ["r1", "r2"], ["unknown"]), ["a", "c", "b"]);
});

test("a visitor may move ids about and each is still visited once", () => {
  for (const rooms of [["r1"], ["r1", "r2"], []]) {
    const index = sample();
    const seen: string[] = [];
    index.forEachTarget({ rooms: new Set(rooms) }, (id) => {
      seen.push(id);
      index.remove(id, "r1");
      index.add(id, "r2");
    });
    assert.equal(new Set(seen).size, seen.length);
  }
});
