import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { inspect } from "node:util";

// No part of the package's face.
const require = createRequire(import.meta.url);
const { RoomIndex } = require("socket.io-adapter/dist/room-index.js") as typeof import("../src/room-index.ts");

function oneSocket(): InstanceType<typeof RoomIndex> {
  const index = new RoomIndex();
  assert.equal(index.add("a", "a"), "created");
  return index;
}

const OWN = new Map([["a", new Set(["a"])]]);

test("a socket in its own room alone is in both maps, however they are read", () => {
  for (const side of ["rooms", "sids"] as const) {
    const reads: Record<string, (map: Map<string, Set<string>>) => unknown> = {
      get: (map) => map.get("a"),
      iteration: (map) => [...map][0]![1],
      entries: (map) => map.entries().next().value![1],
      values: (map) => map.values().next().value,
      forEach: (map) => {
        let found: unknown;
        map.forEach((members, name, self) => (found = name === "a" && self === map && members));
        return found;
      },
      copy: (map) => new Map(map).get("a"),
    };
    for (const [name, read] of Object.entries(reads)) {
      const map = oneSocket()[side];
      const members = read(map);
      assert.deepEqual(members, new Set(["a"]), `${name} of ${side}`);
      assert.equal(map.get("a"), members, `${name} of ${side} gives the live set`);
    }
    assert.deepEqual(oneSocket()[side], OWN);
    assert.deepEqual(OWN, oneSocket()[side]);
    assert.equal(inspect(oneSocket()[side]), "Map(1) { 'a' => Set(1) { 'a' } }");
    assert.equal(oneSocket()[side].size, 1);
  }
});

test("what was given stays live when rooms are joined and left", () => {
  const index = oneSocket();
  const [ids, rooms] = [index.rooms.get("a")!, index.sids.get("a")!];
  assert.notEqual(ids, rooms);
  assert.equal(index.add("a", "r"), "created");
  assert.equal(index.add("b", "a"), "joined");
  assert.deepEqual([ids, rooms], [new Set(["a", "b"]), new Set(["a", "r"])]);
  assert.equal(index.remove("a", "a"), "left");
  assert.deepEqual([ids, rooms], [new Set(["b"]), new Set(["r"])]);
});

test("nobody else is in the own room of a socket, and leaving it is leaving it", () => {
  const index = oneSocket();
  assert.equal(index.add("a", "a"), "unchanged");
  assert.equal(index.remove("b", "a"), "unchanged");
  assert.equal(index.remove("a", "a"), "deleted");
  assert.deepEqual([index.rooms.size, index.sids.get("a")], [0, new Set()]);
  assert.equal(index.add("a", "a"), "created");
  assert.deepEqual(index.rooms, OWN);
});

test("a room that others have joined before its owner came is theirs too", () => {
  const index = new RoomIndex();
  index.add("b", "a");
  assert.equal(index.add("a", "a"), "joined");
  assert.deepEqual(index.rooms.get("a"), new Set(["b", "a"]));
});

test("who looks through a map may take out what it finds", () => {
  const index = oneSocket();
  index.add("b", "b");
  index.add("c", "c");
  const seen: string[] = [];
  for (const [name] of index.rooms) {
    seen.push(name);
    if (name === "a") index.rooms.delete("b");
  }
  assert.deepEqual(seen, ["a", "c"]);
});

test("broadcasts to own rooms and past them make no sets", () => {
  const index = oneSocket();
  index.add("b", "b");
  const reached = (rooms: string[], except: string[] = []): string[] => {
    const ids: string[] = [];
    index.forEachTarget({ rooms: new Set(rooms), except: new Set(except) }, (id) => ids.push(id));
    return ids;
  };
  assert.deepEqual([reached(["a"]), reached(["a"], ["a"]), reached(["a"], ["b"])], [["a"], [], ["a"]]);
  assert.deepEqual([reached(["a", "b"]), reached([], ["a"])], [["a", "b"], ["b"]]);
  // What is not made yet is one and the same placeholder: so the raw map tells.
  const raw = (name: string): unknown => Map.prototype.get.call(index.rooms, name);
  assert.equal(raw("a"), raw("b"));
  index.rooms.get("a");
  assert.notEqual(raw("a"), raw("b"));
});
