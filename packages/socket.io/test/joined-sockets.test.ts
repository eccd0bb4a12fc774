import assert from "node:assert/strict";
import test from "node:test";
import { allOf, countOf, find, withoutSocket, withSocket, type JoinedSockets } from "../src/joined-sockets.ts";
import type { AnySocket } from "../src/socket.ts";

function socketOf(name: string): AnySocket {
  return { nsp: { name } } as AnySocket;
}

function join(sockets: readonly AnySocket[]): JoinedSockets {
  return sockets.reduce<JoinedSockets>(withSocket, undefined);
}

test("sockets are found by their namespaces, and listed in the order of joining", () => {
  const sockets = ["/", "/a", "/b"].map(socketOf);
  for (let count = 0; count <= sockets.length; count++) {
    const there = sockets.slice(0, count);
    const joined = join(there);
    assert.equal(countOf(joined), count);
    assert.deepEqual(allOf(joined), there);
    for (const [at, socket] of sockets.entries()) {
      assert.equal(find(joined, socket.nsp.name), at < count ? socket : undefined);
    }
    assert.equal(find(joined, "/c"), undefined);
  }
});

test("whoever leaves is forgotten, the first and the others alike", () => {
  const [first, second, third] = ["/", "/a", "/b"].map(socketOf) as [AnySocket, AnySocket, AnySocket];
  let joined = withoutSocket(join([first, second, third]), first);
  assert.deepEqual([countOf(joined), find(joined, "/"), allOf(joined)], [2, undefined, [second, third]]);
  joined = withoutSocket(joined, third);
  assert.deepEqual(allOf(joined), [second]);
  joined = withSocket(joined, first);
  assert.deepEqual(allOf(joined), [second, first]);
  joined = withoutSocket(withoutSocket(joined, first), second);
  assert.deepEqual([countOf(joined), allOf(joined)], [0, []]);
  assert.deepEqual(allOf(withoutSocket(join([first]), first)), []);
});

test("a list is of its moment: who joins or leaves later does not change it", () => {
  const sockets = ["/", "/a"].map(socketOf);
  const joined = join(sockets);
  const list = allOf(joined);
  withoutSocket(joined, sockets[0]!);
  assert.deepEqual(list, sockets);
});
