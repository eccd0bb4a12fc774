import assert from "node:assert/strict";
import test from "node:test";
import { JoinedSockets } from "../src/joined-sockets.ts";
import type { AnySocket } from "../src/socket.ts";

function socketOf(name: string): AnySocket {
  return { nsp: { name } } as AnySocket;
}

test("sockets are found by their namespaces, and listed in the order of joining", () => {
  const joined = new JoinedSockets();
  const sockets = ["/", "/a", "/b"].map(socketOf);
  assert.deepEqual([joined.size, joined.get("/"), joined.all()], [0, undefined, []]);
  for (const socket of sockets) joined.add(socket);
  assert.deepEqual([joined.size, joined.has("/b"), joined.has("/c")], [3, true, false]);
  assert.deepEqual(joined.all(), sockets);
  assert.equal(joined.get("/a"), sockets[1]);
});

test("whoever leaves is forgotten, the first and the others alike", () => {
  const joined = new JoinedSockets();
  const [first, second, third] = ["/", "/a", "/b"].map(socketOf) as [AnySocket, AnySocket, AnySocket];
  for (const socket of [first, second, third]) joined.add(socket);
  assert.deepEqual([joined.delete(first), joined.delete(first), joined.has("/")], [true, false, false]);
  assert.deepEqual(joined.all(), [second, third]);
  assert.deepEqual([joined.delete(third), joined.all()], [true, [second]]);
  joined.add(first);
  assert.deepEqual(joined.all(), [second, first]);
  joined.clear();
  assert.deepEqual([joined.size, joined.all()], [0, []]);
});

test("a socket that is not there does not take another of its namespace away", () => {
  const joined = new JoinedSockets();
  joined.add(socketOf("/"));
  joined.add(socketOf("/a"));
  assert.deepEqual([joined.delete(socketOf("/")), joined.delete(socketOf("/a")), joined.size], [false, false, 2]);
});
